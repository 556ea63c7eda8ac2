package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ExperienceBatch;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * {@link Course} in a world that a seed makes: answers come late, twice, in any order or not at all, roles die at any
 * moment, and now and then somebody wants the run to stop. {@code -Drlhf4j.schedule=SEED} replays one schedule.
 */
class CourseSimulationTest {

  private static final int SCHEDULES = Integer.getInteger("rlhf4j.schedules", 100_000);
  private static final int ITERATIONS = 2;
  private static final int MAX_EVENTS = 5_000;
  private static final int DEATHS = 3;

  @Test
  void everyScheduleEndsWithTheWeightsOfAnUndisturbedRun() {
    Long only = Long.getLong("rlhf4j.schedule");
    long first = only == null ? 0 : only;
    long count = only == null ? SCHEDULES : 1;
    int disturbed = 0;
    int replayed = 0;
    for (long seed = first; seed < first + count; seed++) {
      World world = new World(seed);
      try {
        world.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("schedule " + seed + " fails, replay it with -Drlhf4j.schedule=" + seed, e);
      }
      disturbed += world.deaths > 0 ? 1 : 0;
      replayed += world.course.state().attempt() > 1 ? 1 : 0;
    }
    if (only == null) {
      assertThat(disturbed).as("schedules in which a role died").isGreaterThan(SCHEDULES / 4);
      assertThat(replayed).as("schedules that went back to a commit").isGreaterThan(SCHEDULES / 20);
    }
  }

  /** Roles, hooks and a network that the seed decides about. */
  private static final class World {

    private final Random random;
    private final int samples;
    private final List<CourseEvent> onTheirWay = new ArrayList<>();
    private Course course;
    private int deaths;
    /** What learning has changed: a hash over all that was ever learned from, by role. */
    private final long[] weights = {17, 17};
    private final long[] committed = {17, 17};
    private int committedIterations = -1;
    private boolean stopWanted;
    private int reported;

    World(long seed) {
      this.random = new Random(seed);
      this.samples = seed % 4 == 0 ? 2 : 1;
      Course.Step step = Course.begin(ITERATIONS, this::plan);
      this.course = step.course();
      step.commands().forEach(this::obey);
    }

    private IterationPlan plan(long step) {
      return new IterationPlan(step, List.of(new PromptRequest(1, new int[] {1}), new PromptRequest(2, new int[] {2}),
          new PromptRequest(3, new int[] {3})), new SamplingOptions(1, 1, 0, 0, 1, samples, 0), 2,
          Set.of(RoleName.values()));
    }

    void run() {
      for (int events = 0; !course.state().isEnd(); events++) {
        assertThat(events).as("events until the end").isLessThan(MAX_EVENTS);
        assertThat(onTheirWay).as("somebody has to act in %s", course.state()).isNotEmpty();
        disturb();
        // Reordering: any of the events that are on their way may be the next. Those of one call keep their order.
        CourseEvent event = take();
        Course.Step step = course.next(event);
        course = step.course();
        step.commands().forEach(this::obey);
      }
      check();
    }

    private void check() {
      assertThat(course.state()).isInstanceOf(CourseState.Ended.class);
      boolean early = ((CourseState.Ended) course.state()).early();
      assertThat(early).isEqualTo(early && stopWanted);
      if (!early) {
        assertThat(reported).isEqualTo(ITERATIONS);
        assertThat(weights).containsExactly(learned(ITERATIONS, 0), learned(ITERATIONS, 1));
      } else if (committedIterations >= 0) {
        assertThat(committed).containsExactly(learned(committedIterations, 0), learned(committedIterations, 1));
      }
    }

    private static long learned(int iterations, int learner) {
      long weight = 17;
      for (int i = 0; i < iterations; i++) {
        weight = learn(weight, i, learner);
      }
      return weight;
    }

    private static long learn(long weight, long step, int learner) {
      return weight * 31 + step * 7 + learner;
    }

    private CourseEvent take() {
      int index = random.nextInt(onTheirWay.size());
      CourseEvent event = onTheirWay.get(index);
      // The stream of rollouts is one call, and a call keeps its order.
      if (isStream(event)) {
        for (int i = 0; i < index; i++) {
          if (isStream(onTheirWay.get(i)) && onTheirWay.get(i).attempt() == event.attempt()) {
            index = i;
            event = onTheirWay.get(i);
            break;
          }
        }
      }
      // Duplication: it stays on its way.
      if (random.nextInt(20) > 0 || isStream(event)) {
        onTheirWay.remove(index);
      }
      return event;
    }

    private static boolean isStream(CourseEvent event) {
      return event instanceof CourseEvent.Happened(long attempt, var inner)
          && (inner instanceof IterationEvent.RolloutArrived || inner instanceof IterationEvent.GenerationEnded);
    }

    private void disturb() {
      if (deaths < DEATHS && random.nextInt(25) == 0) {
        die();
      }
      if (random.nextInt(2000) == 0) {
        stopWanted = true;
        onTheirWay.add(new CourseEvent.StopWanted());
      }
    }

    /** A role dies: answers that it has not sent are lost, and whoever waits for one hears of the death instead. */
    private void die() {
      deaths++;
      RoleName role = RoleName.values()[random.nextInt(4)];
      List<CourseEvent> lost = new ArrayList<>();
      for (CourseEvent event : onTheirWay) {
        if (event.attempt() == course.state().attempt() && from(event, role)) {
          lost.add(event);
        }
      }
      onTheirWay.removeAll(lost);
      RuntimeException reason = new IllegalStateException("the " + role.label() + " died");
      lost.stream().filter(CourseEvent.Happened.class::isInstance).map(CourseEvent.Happened.class::cast).forEach(
          call -> onTheirWay.add(new CourseEvent.Happened(call.attempt(),
              new IterationEvent.RoleLost(call.event().step(), role, reason))));
      lost.stream().filter(event -> !(event instanceof CourseEvent.Happened)).forEach(
          call -> onTheirWay.add(new CourseEvent.RoleLost(call.attempt(), reason)));
      // Nobody was waiting: the next call will find a role without its state.
      if (lost.isEmpty() && course.state() instanceof CourseState.Iterating(long attempt, var iteration)) {
        onTheirWay.add(
            new CourseEvent.Happened(attempt, new IterationEvent.RoleLost(iteration.step(), role, reason)));
      }
    }

    private static boolean from(CourseEvent event, RoleName role) {
      return switch (event) {
        case CourseEvent.Happened(long attempt, IterationEvent.ChunkScored scored) -> scored.role() == role;
        case CourseEvent.Happened(long attempt, IterationEvent.Updated updated) -> updated.role() == role;
        case CourseEvent.Happened(long attempt, IterationEvent.RolloutArrived arrived) -> role == RoleName.ACTOR;
        case CourseEvent.Happened(long attempt, IterationEvent.GenerationEnded ended) -> role == RoleName.ACTOR;
        case CourseEvent.Opened opened -> true;
        case CourseEvent.Reported reported -> role == RoleName.ACTOR || role == RoleName.CRITIC;
        default -> false;
      };
    }

    private void obey(CourseCommand command) {
      switch (command) {
        case CourseCommand.Open(long attempt) -> {
          System.arraycopy(committed, 0, weights, 0, 2);
          reported = Math.max(0, committedIterations);
          onTheirWay.add(
              new CourseEvent.Opened(attempt, Math.max(0, committedIterations), committedIterations < 0));
        }
        case CourseCommand.Iterate(long attempt, var inner) -> iterate(attempt, inner);
        case CourseCommand.Prelude(long attempt) -> {
          commit(0);
          onTheirWay.add(new CourseEvent.Reported(attempt, 0));
        }
        case CourseCommand.Report(long attempt, var iteration) -> {
          reported++;
          for (int learner = 0; learner < 2; learner++) {
            weights[learner] = learn(weights[learner], iteration.step(), learner);
          }
          if (random.nextBoolean()) {
            commit((int) iteration.step() + 1);
          }
          onTheirWay.add(new CourseEvent.Reported(attempt, (int) iteration.step() + 1));
        }
        case CourseCommand.Finish(long attempt) -> onTheirWay.add(new CourseEvent.Closed(attempt));
        case CourseCommand.Leave(long attempt, int finished) -> {
          commit(finished);
          onTheirWay.add(new CourseEvent.Left(attempt));
        }
        // Delay: whatever was sent before may still arrive after.
        case CourseCommand.Cancel(long attempt) -> {
          if (random.nextBoolean()) {
            onTheirWay.removeIf(event -> event.attempt() == attempt && random.nextBoolean());
          }
        }
      }
    }

    private void commit(int finished) {
      System.arraycopy(weights, 0, committed, 0, 2);
      committedIterations = finished;
    }

    private void iterate(long attempt, IterationCommand command) {
      switch (command) {
        case IterationCommand.Generate(var plan) -> {
          for (int sample = 0; sample < samples; sample++) {
            for (PromptRequest prompt : plan.prompts()) {
              add(attempt, new IterationEvent.RolloutArrived(plan.step(),
                  rollout(plan.step(), prompt.promptId(), sample)));
            }
          }
          add(attempt, new IterationEvent.GenerationEnded(plan.step()));
        }
        case IterationCommand.Score(var plan, int chunk, var rollouts, var asked) -> asked.forEach(
            role -> add(attempt, new IterationEvent.ChunkScored(plan.step(), chunk, role,
                rollouts.stream().map(one -> new float[] {chunk}).toList())));
        case IterationCommand.Replace(long step, var role) ->
            add(attempt, new IterationEvent.RoleBack(step, role));
        case IterationCommand.MakeExperience(long step, var scored) -> add(attempt,
            new IterationEvent.ExperienceMade(step, new ExperienceBatch(experiences(scored), Map.of("n", 3.0))));
        case IterationCommand.Update(long step, var learners, var batch) -> learners.forEach(
            learner -> add(attempt, new IterationEvent.Updated(step, learner, Map.of(learner.label(), 1.0))));
      }
    }

    private void add(long attempt, IterationEvent event) {
      onTheirWay.add(new CourseEvent.Happened(attempt, event));
    }

    private static Rollout rollout(long step, long prompt, int sample) {
      return new Rollout(new RolloutKey(step, prompt, sample, step), new int[] {1}, new int[] {2}, new float[1],
          FinishReason.STOP);
    }

    private static List<Experience> experiences(List<ScoredRollout> scored) {
      return scored.stream().map(one -> new Experience(one.rollout(), one.policyLogProbs(), one.values(),
          new float[1], new float[1])).toList();
    }
  }
}
