package io.rlhf4j.reference;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.train.ResponseLogProbs;
import java.util.List;

/** A reference policy that never learns. Owns its model. */
public final class FrozenReference implements ReferenceRole {

  private final CausalModel model;
  private final int microBatchTokens;

  /** @param microBatchTokens tokens of one forward pass */
  public FrozenReference(CausalModel model, int microBatchTokens) {
    model.trainable(false);
    this.model = model;
    this.microBatchTokens = microBatchTokens;
  }

  @Override
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return Compute.run(() -> ResponseLogProbs.of(model, sequences, temperature, microBatchTokens));
  }

  @Override
  public void close() {
    model.close();
  }
}
