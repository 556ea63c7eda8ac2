package io.rlhf4j.launcher.ppo;

import java.nio.file.Path;

/**
 * Where, how often and how many checkpoints are written.
 *
 * @param directory of all checkpoints of the run
 * @param run what they belong to; those of another run are not used
 * @param every iterations between two of them; 0 writes only the one before the first iteration
 * @param keep how many of the newest stay, at least 1
 */
public record CheckpointPlan(Path directory, String run, int every, int keep) {}
