package io.rlhf4j.launcher.ppo;

import io.rlhf4j.launcher.ppo.CourseCommand.Cancel;
import io.rlhf4j.launcher.ppo.CourseCommand.Finish;
import io.rlhf4j.launcher.ppo.CourseCommand.Iterate;
import io.rlhf4j.launcher.ppo.CourseCommand.Leave;
import io.rlhf4j.launcher.ppo.CourseCommand.Open;
import io.rlhf4j.launcher.ppo.CourseCommand.Prelude;
import io.rlhf4j.launcher.ppo.CourseCommand.Report;
import io.rlhf4j.launcher.ppo.CourseState.Between;
import io.rlhf4j.launcher.ppo.CourseState.Ended;
import io.rlhf4j.launcher.ppo.CourseState.Ending;
import io.rlhf4j.launcher.ppo.CourseState.Failed;
import io.rlhf4j.launcher.ppo.CourseState.Iterating;
import io.rlhf4j.launcher.ppo.CourseState.Leaving;
import io.rlhf4j.launcher.ppo.CourseState.Opening;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * A whole run as a pure function of state and event: one {@link Iteration} after the other, and what happens when a
 * role that learns is lost in one of them.
 *
 * <pre>
 * state      event                     next state              commands
 * (begin)                              Opening                 Open
 * Opening    Opened(no commit yet)     Between(0)              Prelude
 * Opening    Opened(n finished)        Iterating, or Ending    Iterate, or Finish
 * Iterating  Happened                  Iterating               Iterate, whatever the iteration wants
 * Iterating  Happened, the last one    Between(n + 1)          Report
 * Between    Reported                  Iterating, or Ending    Iterate, or Finish
 * Ending     Closed                    Ended
 * any        RoleLost, or an           Opening, attempt + 1    Cancel, Open
 *            iteration abandoned
 * any        StopWanted                Leaving, then Ended     Cancel, Leave: at once while rollouts are made, after
 *                                                              the iteration while roles learn
 * any        CallFailed                Failed                  Cancel
 * </pre>
 *
 * <p>Every attempt to go on from the last commit has a number of its own; what an earlier attempt still sends is
 * ignored. After {@value #MAX_SETBACKS} losses without one finished iteration the run gives up.
 *
 * @param iterations wanted
 * @param plans what each iteration does, from 0; a pure function
 * @param state where the run stands
 * @param setbacks losses since the last finished iteration
 * @param stopping whether the run is to end early
 */
public record Course(int iterations, LongFunction<IterationPlan> plans, CourseState state, int setbacks,
    boolean stopping) {

  static final int MAX_SETBACKS = 10;

  /** The course after an event, and what has to be done because of it. */
  public record Step(Course course, List<CourseCommand> commands) {

    static Step of(Course course, CourseCommand... commands) {
      return new Step(course, List.of(commands));
    }
  }

  /** The first step. */
  public static Step begin(int iterations, LongFunction<IterationPlan> plans) {
    return Step.of(new Course(iterations, plans, new Opening(1), 0, false), new Open(1));
  }

  /** The course after {@code event}. */
  public Step next(CourseEvent event) {
    if (state.isEnd() || event.attempt() != state.attempt() && !(event instanceof CourseEvent.StopWanted)) {
      return Step.of(this);
    }
    return switch (event) {
      case CourseEvent.Opened opened -> state instanceof Opening ? opened(opened) : Step.of(this);
      case CourseEvent.Happened(long attempt, var happened) ->
          state instanceof Iterating iterating ? happened(iterating, happened) : Step.of(this);
      case CourseEvent.Reported(long attempt, int count) ->
          state instanceof Between(long now, int finished) && finished == count ? proceed(finished) : Step.of(this);
      case CourseEvent.Closed(long attempt) ->
          state instanceof Ending ? Step.of(at(new Ended(attempt, false))) : Step.of(this);
      case CourseEvent.Left(long attempt) ->
          state instanceof Leaving ? Step.of(at(new Ended(attempt, true))) : Step.of(this);
      case CourseEvent.RoleLost(long attempt, var reason) -> again(reason);
      case CourseEvent.CallFailed(long attempt, var reason) ->
          Step.of(at(new Failed(attempt, reason)), new Cancel(attempt));
      case CourseEvent.StopWanted stop -> stop();
    };
  }

  private Step opened(CourseEvent.Opened opened) {
    return opened.fresh() ? Step.of(at(new Between(opened.attempt(), 0)), new Prelude(opened.attempt()))
        : proceed(opened.finished());
  }

  private Step proceed(int finished) {
    long attempt = state.attempt();
    if (finished >= iterations) {
      return Step.of(at(new Ending(attempt)), new Finish(attempt));
    }
    if (stopping) {
      return Step.of(at(new Leaving(attempt, finished)), new Leave(attempt, finished));
    }
    return iterating(attempt, Iteration.begin(plans.apply(finished)));
  }

  private Step iterating(long attempt, Iteration.Transition transition) {
    List<CourseCommand> commands = new ArrayList<>();
    transition.commands().forEach(command -> commands.add(new Iterate(attempt, command)));
    return new Step(at(new Iterating(attempt, transition.state())), commands);
  }

  private Step happened(Iterating iterating, IterationEvent event) {
    long attempt = iterating.attempt();
    Iteration.Transition transition = Iteration.next(iterating.iteration(), event);
    return switch (transition.state()) {
      case IterationState.Finished finished -> {
        int count = Math.toIntExact(finished.step()) + 1;
        yield Step.of(new Course(iterations, plans, new Between(attempt, count), 0, stopping),
            new Report(attempt, finished));
      }
      case IterationState.Abandoned abandoned -> again(abandoned.reason());
      case IterationState.Failed failed ->
          Step.of(at(new Failed(attempt, failed.reason())), new Cancel(attempt));
      case IterationState.Generating s -> iterating(attempt, transition);
      case IterationState.Scoring s -> iterating(attempt, transition);
      case IterationState.MakingExperience s -> iterating(attempt, transition);
      case IterationState.Learning s -> iterating(attempt, transition);
    };
  }

  private Step again(RuntimeException reason) {
    long attempt = state.attempt();
    if (stopping) {
      return Step.of(at(new Ended(attempt, true)), new Cancel(attempt));
    }
    if (setbacks == MAX_SETBACKS) {
      return Step.of(at(new Failed(attempt, reason)), new Cancel(attempt));
    }
    return Step.of(new Course(iterations, plans, new Opening(attempt + 1), setbacks + 1, false), new Cancel(attempt),
        new Open(attempt + 1));
  }

  /** Weights between two commits are worth saving only while nobody learns. */
  private Step stop() {
    Course stopped = new Course(iterations, plans, state, setbacks, true);
    return switch (state) {
      case Opening(long attempt) -> Step.of(stopped.at(new Ended(attempt, true)), new Cancel(attempt));
      case Iterating(long attempt, var iteration) -> iteration instanceof IterationState.Learning ? Step.of(stopped)
          : Step.of(stopped.at(new Leaving(attempt, Math.toIntExact(iteration.step()))), new Cancel(attempt),
              new Leave(attempt, Math.toIntExact(iteration.step())));
      case Between other -> Step.of(stopped);
      case Ending other -> Step.of(stopped);
      case Leaving other -> Step.of(stopped);
      case Ended other -> Step.of(this);
      case Failed other -> Step.of(this);
    };
  }

  private Course at(CourseState next) {
    return new Course(iterations, plans, next, setbacks, stopping);
  }
}
