package io.rlhf4j.train;

import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import java.util.ArrayList;
import java.util.List;

/** Log-probs of given responses under a model, by the same packed forward that training uses. */
public final class ResponseLogProbs {

  private ResponseLogProbs() {}

  /**
   * Log-probs of the responses' tokens, of softmax(logits / temperature).
   *
   * @param maxTokens tokens of one forward pass
   * @return one array {@code [n]} for each sequence, nats
   */
  public static List<float[]> of(CausalModel model, List<TokenSequence> sequences, double temperature, int maxTokens) {
    List<float[]> result = new ArrayList<>(sequences.size());
    for (List<TokenSequence> part : Batches.ofTokens(sequences, TokenSequence::length, maxTokens)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        PackedBatch packed = PackedBatch.sharingPrompts(part, model.backbone().config());
        ActionRows actions = ActionRows.of(packed, part);
        float[] all = actions.total() == 0 ? new float[0]
            : model.logProbs(model.hidden(packed), actions, temperature).logProbs().toFloats();
        result.addAll(actions.split(all));
      }
    }
    return result;
  }
}
