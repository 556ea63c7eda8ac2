package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.kind.AnswersRole;
import java.nio.file.Path;

/**
 * The roles that stages ask: objects in this JVM ({@link LocalRoles}) or the services of a cluster. Both are made by
 * the same factories from the same settings, so what they answer is the same to the last bit. One stage at a time; a
 * role is closed when the stage is done with it.
 */
public interface StageRoles {

  /** An actor that samples and never learns. */
  ActorRole actor(Path model);

  /**
   * Scores answers as texts.
   *
   * @param tokenizer a model directory whose tokenizer reads the tokens of rollouts back; used where the source has no
   *     trained model
   */
  AnswersRole rewards(RewardSource source, Path tokenizer);

  /** @param microBatchTokens tokens of one forward pass; a single longer sequence still gets its own */
  ReferenceRole reference(Path model, int microBatchTokens);
}
