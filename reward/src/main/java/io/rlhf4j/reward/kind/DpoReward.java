package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.ModelRewardSpec.LogProbReduction;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.train.ResponseLogProbs;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The reward that a DPO policy implies, Rafailov et al. 2023 equation 5 without the term of the prompt:
 * {@code beta * sum over the answer's tokens of (log pi - log ref)}.
 */
final class DpoReward implements AnswerReward {

  private final ModelRewardSpec.Dpo spec;
  private final LogProbReduction reduction;
  private final CausalModel policy;
  private final @Nullable CausalModel reference;
  private final ChatSequences sequences;

  private DpoReward(ModelRewardSpec.Dpo spec, LogProbReduction reduction, CausalModel policy,
      @Nullable CausalModel reference, ChatSequences sequences) {
    this.spec = spec;
    this.reduction = reduction;
    this.policy = policy;
    this.reference = reference;
    this.sequences = sequences;
  }

  static DpoReward open(ModelRewardSpec.Dpo spec) {
    LogProbReduction byDefault = spec.reference() == null ? LogProbReduction.AVG : LogProbReduction.SUM;
    Opened opened = new Opened();
    try {
      CausalModel policy = opened.add(CausalModel.load(spec.path()));
      CausalModel reference = spec.reference() == null ? null : opened.add(CausalModel.load(spec.reference()));
      int vocabulary = policy.backbone().config().vocabSize();
      if (reference != null && reference.backbone().config().vocabSize() != vocabulary) {
        throw InputException.in(spec.reference(), "has a vocabulary of " + reference.backbone().config().vocabSize()
            + ", the policy one of " + vocabulary + "; they must be the same");
      }
      return new DpoReward(spec, spec.reduction() == null ? byDefault : spec.reduction(), policy, reference,
          opened.add(ChatSequences.open(spec.path(), policy.backbone().config().maxPositions())));
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    List<TokenSequence> tokens = sequences.of(answers);
    List<float[]> own = logProbs(policy, tokens);
    List<float[]> other = reference == null ? List.of() : logProbs(reference, tokens);
    double[] scores = new double[answers.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = spec.beta() * reduce(own.get(i), reference == null ? new float[own.get(i).length] : other.get(i));
    }
    return scores;
  }

  private List<float[]> logProbs(CausalModel model, List<TokenSequence> tokens) {
    return Compute.run(() -> ResponseLogProbs.of(model, tokens, 1, spec.maxTokens()));
  }

  private double reduce(float[] own, float[] reference) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < own.length; i++) {
      double difference = (double) own[i] - reference[i];
      sum += difference;
      squares += difference * difference;
    }
    return switch (reduction) {
      case SUM -> sum;
      case AVG -> sum / own.length;
      case NORM -> -Math.sqrt(squares);
    };
  }

  @Override
  public Map<String, Long> counts() {
    return sequences.counts();
  }

  @Override
  public void close() {
    sequences.close();
    policy.close();
    if (reference != null) {
      reference.close();
    }
  }
}
