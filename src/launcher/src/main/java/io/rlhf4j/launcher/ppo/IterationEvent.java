package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.ExperienceBatch;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rpc.RoleName;
import java.util.List;
import java.util.Map;

/** What can happen to an iteration. Events of another step come too late and are ignored. */
public sealed interface IterationEvent {

  /** The iteration it belongs to. */
  long step();

  /** The actor finished a response. */
  record RolloutArrived(long step, Rollout rollout) implements IterationEvent {}

  /** The actor's stream ended well. */
  record GenerationEnded(long step) implements IterationEvent {}

  /**
   * A role answered for one chunk.
   *
   * @param rows one for each rollout of the chunk: {@code [1]} from the reward role, {@code [n]} from the others
   */
  record ChunkScored(long step, int chunk, RoleName role, List<float[]> rows) implements IterationEvent {}

  /** Advantages and returns are there. */
  record ExperienceMade(long step, ExperienceBatch batch) implements IterationEvent {}

  /** Actor or critic has learnt. */
  record Updated(long step, RoleName role, Map<String, Double> metrics) implements IterationEvent {}

  /** A role went away during a call. */
  record RoleLost(long step, RoleName role, RuntimeException reason) implements IterationEvent {}

  /** A role that was lost has its model again, there or elsewhere. */
  record RoleBack(long step, RoleName role) implements IterationEvent {}

  /** Something that was asked for cannot be done. */
  record CallFailed(long step, RuntimeException reason) implements IterationEvent {}
}
