package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where one iteration stands; {@link Iteration} has the table of transitions. */
public sealed interface IterationState {

  /** PPO iteration, from 0. */
  long step();

  /**
   * The actor streams rollouts; full chunks are being scored already.
   *
   * @param rollouts those of prompts whose samples are all here, prompt by prompt
   * @param held the others, as they came
   */
  record Generating(IterationPlan plan, List<Rollout> rollouts, List<Rollout> held, ScoreBoard board)
      implements IterationState {

    /** Rollouts that have come. */
    public int arrived() {
      return rollouts.size() + held.size();
    }

    @Override
    public long step() {
      return plan.step();
    }
  }

  /** All rollouts are here, scores are missing. */
  record Scoring(IterationPlan plan, List<Rollout> rollouts, ScoreBoard board) implements IterationState {
    @Override
    public long step() {
      return plan.step();
    }
  }

  /** Everything is scored; rewards and advantages are being computed. */
  record MakingExperience(IterationPlan plan, List<ScoredRollout> scored) implements IterationState {
    @Override
    public long step() {
      return plan.step();
    }
  }

  /** Actor and critic learn side by side; {@code updates} has the metrics of those that are done. */
  record Learning(IterationPlan plan, List<ScoredRollout> scored, Map<String, Double> metrics,
      Map<RoleName, Map<String, Double>> updates) implements IterationState {

    public Learning {
      updates = updates.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(updates));
    }

    @Override
    public long step() {
      return plan.step();
    }
  }

  /** Done. */
  record Finished(long step, List<ScoredRollout> scored, Map<String, Double> metrics) implements IterationState {

    public Finished {
      metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }
  }

  /** A role that learns went away: the iteration has to be done again from the last commit. */
  record Abandoned(long step, RoleName role, RuntimeException reason) implements IterationState {}

  /** A call failed, or a role broke its contract. */
  record Failed(long step, RuntimeException reason) implements IterationState {}
}
