package io.rlhf4j.launcher.ppo;

import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Timer;
import io.rlhf4j.rl.ExperienceMaker;
import io.rlhf4j.rl.ShapingState;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.telemetry.MeterNames;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * What happens between iterations, one after the other on a thread of its own: opening the roles, the caller's hooks,
 * commits. The outcome of each goes to {@code events}.
 */
public final class RunHooks implements AutoCloseable {

  /** Work that may fail in any way. */
  @FunctionalInterface
  private interface Work {
    CourseEvent run() throws Exception;
  }

  private static final int NOTHING = -1;

  private final PpoRunSpec spec;
  private final Crew crew;
  private final Consumer<CourseEvent> events;
  private final Commits commits;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("ppo-hooks").factory());
  private volatile ExperienceMaker maker;
  /** State of reward shaping after the last finished iteration; touched on the hooks' thread only. */
  private ShapingState committed;
  /** Iterations behind the newest commit that this attempt wrote; touched on the hooks' thread only. */
  private int written = NOTHING;

  public RunHooks(PpoRunSpec spec, Crew crew, Consumer<CourseEvent> events) {
    this.spec = spec;
    this.crew = crew;
    this.events = events;
    this.commits = new Commits(spec.checkpoints());
    this.maker = new ExperienceMaker(spec.experience());
    this.committed = maker.state();
  }

  /** Turns scores into experience, from the state of the last commit on. */
  public ExperienceMaker maker() {
    return maker;
  }

  /** Gives the roles, the hooks and reward shaping what the last commit holds. */
  public void open(long attempt) {
    run(attempt, () -> {
      Optional<Commits.Commit> last = commits.latest(spec.models());
      crew.open(last.map(Commits.Commit::models).orElse(spec.models()));
      spec.hooks().restore(last.map(Commits.Commit::hooks));
      maker = last.map(commit -> new ExperienceMaker(spec.experience(), commit.shaping()))
          .orElseGet(() -> new ExperienceMaker(spec.experience()));
      committed = maker.state();
      written = NOTHING;
      spec.hooks().ready(crew.roles());
      return new CourseEvent.Opened(attempt, last.map(Commits.Commit::finished).orElse(0), last.isEmpty());
    });
  }

  /** Evaluates before the first iteration. */
  public void prelude(long attempt) {
    run(attempt, () -> {
      evaluate(0);
      commit(0);
      return new CourseEvent.Reported(attempt, 0);
    });
  }

  /** After an iteration. */
  public void report(long attempt, IterationState.Finished iteration, Map<String, Duration> durations) {
    int finished = Math.toIntExact(iteration.step()) + 1;
    run(attempt, () -> {
      committed = maker.state();
      spec.hooks().iteration(
          new IterationReport(iteration.step(), iteration.metrics(), durations, iteration.scored()));
      if (spec.schedule().evaluatesAfter(finished)) {
        evaluate(finished);
      }
      if (commits.isDue(finished) && finished < spec.schedule().iterations()) {
        commit(finished);
      }
      return new CourseEvent.Reported(attempt, finished);
    });
  }

  /** After the last iteration. */
  public void finish(long attempt) {
    run(attempt, () -> {
      spec.hooks().finished(crew.roles());
      return new CourseEvent.Closed(attempt);
    });
  }

  /** Before an early end. */
  public void leave(long attempt, int finished) {
    run(attempt, () -> {
      // Replacing a commit deletes it first: a process that is killed then would be left without one.
      if (written != finished) {
        commit(finished);
      }
      return new CourseEvent.Left(attempt);
    });
  }

  private void evaluate(int finished) {
    timer("evaluation").record(() -> spec.hooks().evaluate(finished, crew.roles()));
  }

  private void commit(int finished) {
    timer("checkpoint").record(() -> commits.write(finished, committed, crew.roles(), spec.hooks()));
    written = finished;
  }

  private static Timer timer(String phase) {
    return Metrics.timer(MeterNames.PHASES, "phase", phase);
  }

  private void run(long attempt, Work work) {
    try {
      thread.execute(() -> events.accept(outcome(attempt, work)));
    } catch (RejectedExecutionException e) {
      events.accept(new CourseEvent.CallFailed(attempt, e));
    }
  }

  private static CourseEvent outcome(long attempt, Work work) {
    try {
      return work.run();
    } catch (RoleException e) {
      return e.isLost() ? new CourseEvent.RoleLost(attempt, e) : new CourseEvent.CallFailed(attempt, e);
    } catch (Exception e) {
      return new CourseEvent.CallFailed(attempt, Failures.unwrap(e));
    } catch (Error e) {
      return new CourseEvent.CallFailed(attempt, new IllegalStateException(e.toString(), e));
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
