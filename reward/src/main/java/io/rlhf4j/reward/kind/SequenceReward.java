package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.reward.RewardModelScorer;
import java.util.List;
import java.util.Map;

/** A trained reward model, read at the last token of the conversation. */
final class SequenceReward implements AnswerReward {

  private final RewardModelScorer scorer;
  private final ChatSequences sequences;

  private SequenceReward(RewardModelScorer scorer, ChatSequences sequences) {
    this.scorer = scorer;
    this.sequences = sequences;
  }

  static SequenceReward open(RewardSpec.Sequence spec, InferencePrecision precision) {
    RewardModelScorer scorer = switch (precision) {
      case FP32 -> RewardModelScorer.loadSharing(spec.path(), spec.maxTokens(), spec.normalize());
      case INT8 -> RewardModelScorer.load(spec.path(), spec.maxTokens(), spec.normalize(), precision);
    };
    try {
      // A reward token may follow.
      return new SequenceReward(scorer, ChatSequences.open(spec.path(), scorer.shape().maxPositions() - 1));
    } catch (RuntimeException e) {
      scorer.close();
      throw e;
    }
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    float[] scores = scorer.score(sequences.of(answers));
    double[] wide = new double[scores.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = scores[i];
    }
    return wide;
  }

  @Override
  public Map<String, Long> counts() {
    return sequences.counts();
  }

  @Override
  public void close() {
    sequences.close();
    scorer.close();
  }
}
