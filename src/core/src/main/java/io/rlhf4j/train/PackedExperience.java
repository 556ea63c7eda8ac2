package io.rlhf4j.train;

import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * A micro-batch of experience, ready for the forward pass.
 *
 * @param batch prompts and responses, packed
 * @param actions where the actions are read, {@code N} in all
 * @param experiences the same in Java
 */
public record PackedExperience(PackedBatch batch, ActionRows actions, List<Experience> experiences) {

  /**
   * Tensors belong to the current memory scope.
   *
   * @param shape of the model that the batch is for
   */
  public static PackedExperience of(List<Experience> experiences, DecoderShape shape) {
    List<TokenSequence> sequences = experiences.stream().map(e -> e.rollout().sequence()).toList();
    PackedBatch batch = PackedBatch.sharingPrompts(sequences, shape);
    return new PackedExperience(batch, ActionRows.of(batch, sequences), experiences);
  }

  /** One number for each action, all sequences' one after the other, {@code [N]}. */
  public Tensor column(Function<Experience, float[]> part) {
    float[] all = new float[actions.total()];
    int at = 0;
    for (Experience experience : experiences) {
      float[] values = part.apply(experience);
      System.arraycopy(values, 0, all, at, values.length);
      at += values.length;
    }
    return Tensor.of(all, all.length);
  }
}
