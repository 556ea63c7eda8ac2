package io.rlhf4j.launcher.inspect;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a model says about tokens.
 *
 * @param ids the tokens
 * @param logProbs log-probability of each given the ones before it, nats; null for the first, which has none before it
 * @param top the most likely next tokens; null, like the log-probabilities, if the model has a score head
 * @param score what a score head gives at the last token; null if the model has none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TokenReport(List<Integer> ids, @Nullable List<@Nullable Double> logProbs, @Nullable List<Next> top,
    @Nullable Double score) {

  private static final int TOP = 5;

  /**
   * A possible next token.
   *
   * @param id of the token
   * @param logProb its log-probability, nats
   */
  record Next(int id, double logProb) {}

  /** @throws InputException if an id is outside the vocabulary or there are too many */
  static TokenReport of(LanguageModel model, int[] ids) {
    check(model.backbone().config(), ids);
    List<Integer> tokens = IntStream.of(ids).boxed().toList();
    try (MemoryScope scope = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(List.of(ids));
      Tensor hidden = model.hidden(batch);
      return switch (model) {
        case CausalModel causal -> new TokenReport(tokens, logProbs(causal, hidden, batch, ids),
            top(causal, hidden, batch), null);
        case ScalarModel scalar -> new TokenReport(tokens, null, null,
            scalar.scores(hidden, Tensor.of(batch.lastRows(), 1)).item());
      };
    }
  }

  private static void check(DecoderShape shape, int[] ids) {
    for (int id : ids) {
      if (id < 0 || id >= shape.vocabSize()) {
        throw InputException.key("--ids", id + " is no token, must be 0 to " + (shape.vocabSize() - 1));
      }
    }
    if (ids.length > shape.maxPositions()) {
      throw InputException.key("--ids", "has " + ids.length + " tokens, max_position_embeddings is "
          + shape.maxPositions());
    }
  }

  private static List<@Nullable Double> logProbs(CausalModel model, Tensor hidden, PackedBatch batch, int[] ids) {
    List<@Nullable Double> result = new ArrayList<>();
    result.add(null);
    if (ids.length > 1) {
      ActionRows rows = ActionRows.of(batch, List.of(new TokenSequence(ids, 1)));
      for (float logProb : model.logProbs(hidden, rows, 1).logProbs().toFloats()) {
        result.add((double) logProb);
      }
    }
    return result;
  }

  private static List<Next> top(CausalModel model, Tensor hidden, PackedBatch batch) {
    Tensor last = Kernels.tensor("select_rows", hidden, Tensor.of(batch.lastRows(), 1));
    float[] logits = model.logits(last).toFloats();
    double normaliser = logSumExp(logits);
    return IntStream.range(0, logits.length).boxed().sorted((a, b) -> Float.compare(logits[b], logits[a])).limit(TOP)
        .map(id -> new Next(id, logits[id] - normaliser)).toList();
  }

  private static double logSumExp(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
