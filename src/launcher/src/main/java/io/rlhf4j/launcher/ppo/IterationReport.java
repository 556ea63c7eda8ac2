package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.ScoredRollout;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What an iteration leaves behind.
 *
 * @param step PPO iteration, from 0
 * @param metrics in the order they should be shown; the same for the same seed, wherever the roles run
 * @param durations how long each phase took: generating, scoring, experience, learning
 * @param scored all rollouts in the order of their keys
 */
public record IterationReport(long step, Map<String, Double> metrics, Map<String, Duration> durations,
    List<ScoredRollout> scored) {}
