package io.rlhf4j.reward.kind;

import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.ModelRewardSpec.StepAggregate;
import io.rlhf4j.config.StepsConfig;
import io.rlhf4j.reward.process.ProcessCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Scores each step of an answer and makes one score of them. */
final class ProcessReward implements AnswerReward {

  private final StepTokens tokens;
  private final StepScorer scorer;
  private final StepAggregate aggregate;
  private final ChatSequences sequences;

  private ProcessReward(StepTokens tokens, StepScorer scorer, StepAggregate aggregate, ChatSequences sequences) {
    this.tokens = tokens;
    this.scorer = scorer;
    this.aggregate = aggregate;
    this.sequences = sequences;
  }

  static ProcessReward open(ModelRewardSpec.Process spec) {
    StepsConfig steps = ProcessCheckpoint.steps(spec.path(), spec.stepSeparator(), spec.placeholder());
    Opened opened = new Opened();
    try {
      StepScorer.Loaded model = opened.add(StepScorer.load(spec.path()));
      ChatSequences sequences = opened.add(ChatSequences.open(spec.path(), model.shape().maxPositions()));
      return new ProcessReward(StepTokens.of(steps, sequences), StepScorer.of(model, spec, sequences.tokenizer()),
          spec.aggregate(), sequences);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    List<double[]> steps = scorer.score(answers.stream().map(tokens::of).toList());
    return steps.stream().mapToDouble(scores -> aggregate(aggregate, scores)).toArray();
  }

  /** An answer of which no step is left has no score. */
  static double aggregate(StepAggregate rule, double[] steps) {
    if (steps.length == 0) {
      return Double.NaN;
    }
    return switch (rule) {
      case MIN -> Arrays.stream(steps).min().orElseThrow();
      case PRODUCT -> Arrays.stream(steps).reduce(1, (a, b) -> a * b);
      case LAST -> steps[steps.length - 1];
      case MEAN -> Arrays.stream(steps).average().orElseThrow();
    };
  }

  @Override
  public Map<String, Long> counts() {
    return tokens.cut() == 0 ? Map.of() : Map.of("answers with steps beyond the longest sequence, cut", tokens.cut());
  }

  @Override
  public void close() {
    scorer.close();
    sequences.close();
  }
}
