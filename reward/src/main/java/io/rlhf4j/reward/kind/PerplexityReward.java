package io.rlhf4j.reward.kind;

import io.rlhf4j.config.RuleSpec;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.train.ResponseLogProbs;
import java.util.List;
import java.util.Map;

/** The mean log-probability of the answer's tokens under a language model. */
final class PerplexityReward implements AnswerReward {

  private final CausalModel model;
  private final ChatSequences sequences;
  private final int maxTokens;

  private PerplexityReward(CausalModel model, ChatSequences sequences, int maxTokens) {
    this.model = model;
    this.sequences = sequences;
    this.maxTokens = maxTokens;
  }

  static PerplexityReward open(RuleSpec.Perplexity spec) {
    CausalModel model = CausalModel.load(spec.path());
    try {
      int longest = model.backbone().config().maxPositions();
      return new PerplexityReward(model, ChatSequences.open(spec.path(), longest), spec.maxTokens());
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    List<float[]> logProbs =
        Compute.run(() -> ResponseLogProbs.of(model, sequences.of(answers), 1, maxTokens));
    return logProbs.stream().mapToDouble(PerplexityReward::mean).toArray();
  }

  private static double mean(float[] logProbs) {
    double sum = 0;
    for (float logProb : logProbs) {
      sum += logProb;
    }
    return sum / logProbs.length;
  }

  @Override
  public Map<String, Long> counts() {
    return sequences.counts();
  }

  @Override
  public void close() {
    sequences.close();
    model.close();
  }
}
