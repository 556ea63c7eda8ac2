package io.rlhf4j.reward.kind;

import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.BinaryClassifier;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.ModelFamily.Head;
import io.rlhf4j.reward.process.Steps;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a model at the end of each step: the probability that the step is right. */
final class StepScorer implements AutoCloseable {

  private final LanguageModel model;
  private final int good;
  private final int bad;
  private final int maxTokens;
  private final double bias;

  private StepScorer(LanguageModel model, double bias, int good, int bad, int maxTokens) {
    this.model = model;
    this.bias = bias;
    this.good = good;
    this.bad = bad;
    this.maxTokens = maxTokens;
  }

  /**
   * A model of any kind.
   *
   * @param bias added to each score of a score head
   */
  record Loaded(LanguageModel model, double bias) implements AutoCloseable {

    DecoderShape shape() {
      return model.backbone().config();
    }

    @Override
    public void close() {
      model.close();
    }
  }

  /** With a score head, or two labels for each token, if {@code config.json} says so, else a language model. */
  static Loaded load(Path directory) {
    ModelDescription description = ModelDescription.read(directory);
    String architecture = description.json().path("architectures").path(0).asText();
    boolean scores = architecture.equals(description.family().architecture(Head.SCORE));
    if (BinaryClassifier.isIn(description)) {
      BinaryClassifier classifier = BinaryClassifier.load(directory);
      return new Loaded(classifier.model(), classifier.bias());
    }
    return new Loaded(scores ? ScalarModel.load(directory) : CausalModel.load(directory), 0);
  }

  static StepScorer of(Loaded loaded, ModelRewardSpec.Process spec, Tokenizer tokenizer) {
    return switch (loaded.model()) {
      case ScalarModel scalar -> new StepScorer(scalar, loaded.bias(), 0, 0, spec.maxTokens());
      case CausalModel causal -> new StepScorer(causal, 0,
          PairReward.oneToken(tokenizer, "good_token", spec.goodToken()),
          PairReward.oneToken(tokenizer, "bad_token", spec.badToken()), spec.maxTokens());
    };
  }

  /** One array for each answer, {@code [steps]}. */
  List<double[]> score(List<Steps> answers) {
    List<double[]> scores = new ArrayList<>();
    for (List<Steps> part : Batches.ofTokens(answers, steps -> steps.tokens().length, maxTokens)) {
      double[] all = Compute.run(() -> forward(part));
      int at = 0;
      for (Steps steps : part) {
        scores.add(Arrays.copyOfRange(all, at, at + steps.ends().length));
        at += steps.ends().length;
      }
    }
    return scores;
  }

  private double[] forward(List<Steps> part) {
    try (MemoryScope ignored = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(part.stream().map(Steps::tokens).toList());
      long[] rows = Steps.rows(batch, part);
      if (rows.length == 0) {
        return new double[0];
      }
      Tensor hidden = model.hidden(batch);
      double[] logits = switch (model) {
        case ScalarModel scalar -> wide(scalar.scores(hidden, Tensor.of(rows, rows.length)).toFloats());
        case CausalModel causal -> odds(causal, hidden, rows);
      };
      return Arrays.stream(logits).map(logit -> 1 / (1 + Math.exp(-logit - bias))).toArray();
    }
  }

  /** {@code log P(good) - log P(bad)} of the token behind each row. */
  private double[] odds(CausalModel causal, Tensor hidden, long[] rows) {
    double[] right = logProbs(causal, hidden, rows, good);
    double[] wrong = logProbs(causal, hidden, rows, bad);
    double[] odds = new double[rows.length];
    for (int i = 0; i < odds.length; i++) {
      odds[i] = right[i] - wrong[i];
    }
    return odds;
  }

  private static double[] logProbs(CausalModel causal, Tensor hidden, long[] rows, int token) {
    long[] targets = new long[rows.length];
    Arrays.fill(targets, token);
    var actions = new ActionRows(Tensor.of(rows, rows.length), Tensor.of(targets, rows.length),
        new int[] {rows.length});
    return wide(causal.logProbs(hidden, actions, 1).logProbs().toFloats());
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @Override
  public void close() {
    model.close();
  }
}
