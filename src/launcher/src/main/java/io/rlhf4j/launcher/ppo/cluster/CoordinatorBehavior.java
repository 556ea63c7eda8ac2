package io.rlhf4j.launcher.ppo.cluster;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import io.rlhf4j.launcher.ppo.Course;
import io.rlhf4j.launcher.ppo.CourseCommand;
import io.rlhf4j.launcher.ppo.CourseEvent;
import io.rlhf4j.launcher.ppo.CourseState;
import io.rlhf4j.launcher.ppo.Crew;
import io.rlhf4j.launcher.ppo.IterationEffects;
import io.rlhf4j.launcher.ppo.IterationEvent;
import io.rlhf4j.launcher.ppo.IterationPlan;
import io.rlhf4j.launcher.ppo.IterationState;
import io.rlhf4j.launcher.ppo.PpoRunSpec;
import io.rlhf4j.launcher.ppo.RunHooks;
import io.rlhf4j.rl.ExperienceMaker;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Feeds {@link Course} with what happens and starts what it asks for. */
final class CoordinatorBehavior extends AbstractBehavior<CourseEvent> {

  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorBehavior.class);

  private final PpoRunSpec spec;
  private final Crew crew;
  private final RunHooks hooks;
  private final CompletableFuture<Boolean> done;
  private Course course;
  private @Nullable IterationEffects effects;
  private @Nullable PhaseClock clock;
  /** When the run began to stand still, System.nanoTime(); 0 while it does not. */
  private long lost;

  private CoordinatorBehavior(ActorContext<CourseEvent> context, PpoRunSpec spec, Crew crew,
      CompletableFuture<Boolean> done) {
    super(context);
    this.spec = spec;
    this.crew = crew;
    this.done = done;
    var self = context.getSelf();
    this.hooks = new RunHooks(spec, crew, self::tell);
    Course.Step first = Course.begin(spec.schedule().iterations(), this::plan);
    this.course = first.course();
    first.commands().forEach(this::start);
  }

  /** @param done completed at the end of the run with whether it ended early, exceptionally if it failed */
  static Behavior<CourseEvent> create(PpoRunSpec spec, Crew crew, CompletableFuture<Boolean> done) {
    return Behaviors.setup(context -> new CoordinatorBehavior(context, spec, crew, done));
  }

  private IterationPlan plan(long step) {
    return new IterationPlan(step, spec.prompts().prompts(step), spec.schedule().sampling(),
        spec.schedule().scoreBatchSize(), spec.roles());
  }

  @Override
  public Receive<CourseEvent> createReceive() {
    return newReceiveBuilder().onMessage(CourseEvent.class, this::onEvent).onSignal(PostStop.class, stop -> {
      cancel();
      hooks.close();
      done.completeExceptionally(new IllegalStateException("the coordinator's node left the cluster"));
      return this;
    }).build();
  }

  private Behavior<CourseEvent> onEvent(CourseEvent event) {
    CourseState before = course.state();
    try {
      Course.Step step = course.next(event);
      course = step.course();
      if (course.state() != before) {
        entered(course.state(), event);
      }
      step.commands().forEach(this::start);
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
      return Behaviors.stopped();
    }
    return switch (course.state()) {
      case CourseState.Ended(long attempt, boolean early) -> {
        done.complete(early);
        yield Behaviors.stopped();
      }
      case CourseState.Failed(long attempt, var reason) -> {
        done.completeExceptionally(reason);
        yield Behaviors.stopped();
      }
      case CourseState other -> this;
    };
  }

  private void entered(CourseState state, CourseEvent event) {
    if (state instanceof CourseState.Opening opening && opening.attempt() > 1) {
      LOG.warn("{}; going back to the last checkpoint", reason(event));
      lost = lost == 0 ? System.nanoTime() : lost;
    }
    if (event instanceof CourseEvent.Opened opened && (lost != 0 || !opened.fresh())) {
      LOG.info("all roles are ready, going on after {} iterations{}", opened.finished(), sinceLoss());
    }
    if (event instanceof CourseEvent.Happened(long attempt, IterationEvent.RoleBack(long step, var role))) {
      LOG.info("the {} is back, iteration {} goes on{}", role.label(), step + 1, sinceLoss());
    }
    if (state instanceof CourseState.Iterating(long attempt, var iteration)) {
      if (clock == null) {
        clock = new PhaseClock(System.nanoTime());
      }
      clock.enter(PhaseClock.phase(iteration), System.nanoTime());
      progress(iteration);
    }
    if (event instanceof CourseEvent.Happened(long attempt, IterationEvent.RoleLost role)
        && state instanceof CourseState.Iterating) {
      LOG.warn("{}; waiting for another", role.reason().getMessage());
      lost = lost == 0 ? System.nanoTime() : lost;
    }
  }

  /** How long the run stood still; empty if nothing was lost before. */
  private String sinceLoss() {
    String after = lost == 0 ? "" : ", %.1f s after the loss".formatted((System.nanoTime() - lost) / 1e9);
    lost = 0;
    return after;
  }

  private static String reason(CourseEvent event) {
    return switch (event) {
      case CourseEvent.RoleLost(long attempt, var reason) -> reason.getMessage();
      case CourseEvent.Happened(long attempt, IterationEvent.RoleLost lost) -> lost.reason().getMessage();
      case CourseEvent other -> String.valueOf(other);
    };
  }

  private void progress(IterationState iteration) {
    int count = switch (iteration) {
      case IterationState.Generating generating -> generating.arrived();
      case IterationState.Learning learning -> learning.updates().size();
      case IterationState other -> 0;
    };
    int total = switch (iteration) {
      case IterationState.Generating generating -> generating.plan().rollouts();
      case IterationState.Learning learning -> learning.plan().learners().size();
      case IterationState other -> 1;
    };
    spec.hooks().progress(iteration.step(), PhaseClock.phase(iteration), count, total);
  }

  private void start(CourseCommand command) {
    switch (command) {
      case CourseCommand.Open(long attempt) -> hooks.open(attempt);
      case CourseCommand.Iterate(long attempt, var wanted) -> effects(attempt).start(wanted);
      case CourseCommand.Prelude(long attempt) -> hooks.prelude(attempt);
      case CourseCommand.Report(long attempt, var iteration) -> {
        PhaseClock now = clock;
        clock = null;
        now.enter(PhaseClock.phase(iteration), System.nanoTime());
        hooks.report(attempt, iteration, now.durations());
      }
      case CourseCommand.Finish(long attempt) -> hooks.finish(attempt);
      case CourseCommand.Leave(long attempt, int finished) -> hooks.leave(attempt, finished);
      case CourseCommand.Cancel(long attempt) -> cancel();
    }
  }

  /** Each attempt has lanes of its own, and a maker that no call of an earlier attempt can reach. */
  private IterationEffects effects(long attempt) {
    if (effects == null) {
      var self = getContext().getSelf();
      ExperienceMaker maker = hooks.maker();
      effects = new IterationEffects(crew, maker, event -> self.tell(new CourseEvent.Happened(attempt, event)));
    }
    return effects;
  }

  private void cancel() {
    clock = null;
    if (effects != null) {
      effects.close();
      effects = null;
    }
  }
}
