package io.rlhf4j.launcher.ppo.cluster;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import io.rlhf4j.launcher.ppo.Failures;
import io.rlhf4j.launcher.ppo.Iteration;
import io.rlhf4j.launcher.ppo.IterationEffects;
import io.rlhf4j.launcher.ppo.IterationEvent;
import io.rlhf4j.launcher.ppo.IterationPlan;
import io.rlhf4j.launcher.ppo.IterationReport;
import io.rlhf4j.launcher.ppo.IterationState;
import io.rlhf4j.launcher.ppo.PpoHooks;
import io.rlhf4j.launcher.ppo.PpoRunSpec;
import io.rlhf4j.launcher.ppo.RoleSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Drives a run: evaluation, iterations, evaluation. Hooks, which may call the roles, run on a thread of their own, one
 * at a time; the next iteration waits for them.
 */
final class CoordinatorBehavior extends AbstractBehavior<CoordinatorBehavior.Command> {

  /** What it understands; stays inside this JVM. */
  sealed interface Command {}

  /** Something happened to the running iteration. */
  private record Happened(IterationEvent event) implements Command {}

  /** The hooks after {@code finished} iterations have returned. */
  private record HooksDone(int finished) implements Command {}

  /** The last hook has returned. */
  private record AllDone() implements Command {}

  /** A hook or the choice of prompts failed. */
  private record Broken(Throwable reason) implements Command {}

  private final PpoRunSpec spec;
  private final RoleSet roles;
  private final PpoHooks hooks;
  private final CompletableFuture<Void> done;
  private final IterationEffects effects;
  private final ExecutorService hookThread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("ppo-hooks").factory());
  private @Nullable IterationState state;
  private @Nullable PhaseClock clock;

  private CoordinatorBehavior(ActorContext<Command> context, PpoRunSpec spec, RoleSet roles,
      CompletableFuture<Void> done) {
    super(context);
    this.spec = spec;
    this.roles = roles;
    this.hooks = spec.hooks();
    this.done = done;
    var self = context.getSelf();
    this.effects = new IterationEffects(roles, spec.experience(), event -> self.tell(new Happened(event)));
    runHooks(() -> {
      hooks.ready(roles);
      hooks.evaluate(0, roles);
    }, new HooksDone(0));
  }

  /** @param done completed at the end of the run, exceptionally if it failed */
  static Behavior<Command> create(PpoRunSpec spec, RoleSet roles, CompletableFuture<Void> done) {
    return Behaviors.setup(context -> new CoordinatorBehavior(context, spec, roles, done));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onMessage(Command.class, this::onCommand).onSignal(PostStop.class, stop -> {
      effects.close();
      hookThread.shutdownNow();
      done.completeExceptionally(new IllegalStateException("the coordinator's node left the cluster"));
      return this;
    }).build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case HooksDone(int finished) -> finished < spec.schedule().iterations() ? begin(finished) : finish();
      case Happened(var event) -> onEvent(event);
      case AllDone() -> {
        done.complete(null);
        yield Behaviors.stopped();
      }
      case Broken(var reason) -> fail(reason);
    };
  }

  private Behavior<Command> begin(int step) {
    try {
      IterationPlan plan = new IterationPlan(step, spec.prompts().prompts(step), spec.schedule().sampling(),
          spec.schedule().scoreBatchSize(), spec.roles());
      clock = new PhaseClock(System.nanoTime());
      return apply(Iteration.begin(plan));
    } catch (RuntimeException e) {
      return fail(e);
    }
  }

  private Behavior<Command> onEvent(IterationEvent event) {
    return state == null ? this : apply(Iteration.next(state, event));
  }

  private Behavior<Command> apply(Iteration.Transition transition) {
    boolean moved = state != transition.state();
    state = transition.state();
    transition.commands().forEach(effects::start);
    return moved ? entered(state) : this;
  }

  private Behavior<Command> entered(IterationState entered) {
    if (clock != null) {
      clock.enter(PhaseClock.phase(entered), System.nanoTime());
    }
    return switch (entered) {
      case IterationState.Generating(var plan, var rollouts, var board) ->
          progress(plan.step(), rollouts.size(), plan.rollouts());
      case IterationState.Scoring scoring -> progress(scoring.step(), 0, 1);
      case IterationState.MakingExperience making -> progress(making.step(), 0, 1);
      case IterationState.Learning(var plan, var scored, var metrics, var updates) ->
          progress(plan.step(), updates.size(), plan.learners().size());
      case IterationState.Finished finished -> report(finished);
      case IterationState.Failed(long step, var reason) -> fail(reason);
    };
  }

  private Behavior<Command> progress(long step, int count, int total) {
    try {
      hooks.progress(step, PhaseClock.phase(state), count, total);
      return this;
    } catch (RuntimeException e) {
      return fail(e);
    }
  }

  private Behavior<Command> report(IterationState.Finished iteration) {
    state = null;
    IterationReport report = new IterationReport(iteration.step(), iteration.metrics(), clock.durations(),
        iteration.scored());
    int finished = Math.toIntExact(iteration.step()) + 1;
    runHooks(() -> {
      hooks.iteration(report);
      if (spec.schedule().evaluatesAfter(finished)) {
        hooks.evaluate(finished, roles);
      }
    }, new HooksDone(finished));
    return this;
  }

  private Behavior<Command> finish() {
    runHooks(() -> hooks.finished(roles), new AllDone());
    return this;
  }

  private Behavior<Command> fail(Throwable reason) {
    done.completeExceptionally(Failures.unwrap(reason));
    return Behaviors.stopped();
  }

  private void runHooks(Runnable work, Command then) {
    var self = getContext().getSelf();
    try {
      hookThread.execute(() -> {
        try {
          work.run();
          self.tell(then);
        } catch (RuntimeException | Error e) {
          self.tell(new Broken(e));
        }
      });
    } catch (RejectedExecutionException e) {
      self.tell(new Broken(e));
    }
  }
}
