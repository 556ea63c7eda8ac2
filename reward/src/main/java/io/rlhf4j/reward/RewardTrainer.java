package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.AdamW;
import io.rlhf4j.train.StageCheckpoints;
import java.util.List;

/**
 * Trains a reward model on preference pairs. The same seed, data and settings give the same weights; the size of the
 * micro-batches changes them by rounding only. One thread at a time.
 *
 * <p>Pairs with the same prompt stay together, so that prompt and answers that occur in several of them are computed
 * once. Training on all comparisons of a prompt at the same time also overfits less (Ouyang et al., 2022, section 3.5).
 */
public final class RewardTrainer {

  private final ScalarModel model;
  private final RewardConfig config;
  private final RewardLoss loss;
  private final long seed;

  /** The model stays the caller's. */
  public RewardTrainer(ScalarModel model, RewardConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.loss = RewardLoss.of(config);
    this.seed = seed;
  }

  /** Optimiser steps that these pairs take. */
  public int totalSteps(List<TokenizedPair> train) {
    return new PairBatches(train, config, seed).totalSteps();
  }

  /** As the other, without checkpoints. */
  public RewardEvaluation train(List<TokenizedPair> train, List<TokenizedPair> test, RewardTrainingListener listener) {
    return train(train, test, listener, StageCheckpoints.none());
  }

  /**
   * Trains from the newest checkpoint on, or from the beginning, and measures the result. Interrupted or not, the
   * weights end up the same to the last bit.
   *
   * @param train at least one pair
   * @param test pairs that only measure, at least one
   * @param checkpoints of this stage; the caller clears them when the result is safe
   * @return evaluation of the final weights on the test pairs
   */
  public RewardEvaluation train(List<TokenizedPair> train, List<TokenizedPair> test, RewardTrainingListener listener,
      StageCheckpoints checkpoints) {
    return new TrainingLoop(model, config).run(new Pairs(new PairBatches(train, config, seed), test, listener),
        checkpoints);
  }

  /** Pairs to learn from and pairs that measure. */
  private final class Pairs implements TrainingLoop.Lesson<PairBatches.Batch, RewardEvaluation> {

    private final PairBatches batches;
    private final List<TokenizedPair> test;
    private final RewardTrainingListener listener;

    Pairs(PairBatches batches, List<TokenizedPair> test, RewardTrainingListener listener) {
      this.batches = batches;
      this.test = test;
      this.listener = listener;
    }

    @Override
    public int stepsPerEpoch() {
      return batches.stepsPerEpoch();
    }

    @Override
    public int totalSteps() {
      return batches.totalSteps();
    }

    @Override
    public List<PairBatches.Batch> epoch(int epoch) {
      return batches.epoch(epoch);
    }

    @Override
    public void resumed(int step) {
      listener.resumed(step);
    }

    @Override
    public void step(AdamW optimizer, PairBatches.Batch batch, TrainingLoop.At at) {
      listener.stepped(RewardTrainer.this.step(optimizer, batch, at));
    }

    @Override
    public TrainingLoop.Measured<RewardEvaluation> measure(int step) {
      List<PairScores> scores = scores(test);
      RewardEvaluation evaluation = RewardEvaluation.of(scores);
      double testLoss = loss.mean(scores, margins(test));
      listener.evaluated(step, evaluation, testLoss);
      return new TrainingLoop.Measured<>(evaluation, switch (config.evaluation().metricForBestModel()) {
        case ACCURACY -> evaluation.accuracy().value();
        case LOSS -> -testLoss;
        case MARGIN -> evaluation.margin();
      });
    }
  }

  /** Measures the current weights. */
  public RewardEvaluation evaluate(List<TokenizedPair> pairs) {
    return RewardEvaluation.of(scores(pairs));
  }

  private List<PairScores> scores(List<TokenizedPair> pairs) {
    return PairForward.scoreAll(model, pairs, config.microBatchTokens());
  }

  private RewardStep step(AdamW optimizer, PairBatches.Batch batch, TrainingLoop.At at) {
    int pairs = batch.pairs().size();
    Sums sums = new Sums();
    for (List<TokenizedPair> part : batch.parts()) {
      accumulate(part, pairs, sums);
    }
    AdamW.Update update = optimizer.step(at.learningRate());
    return new RewardStep(at.step(), at.totalSteps(), at.epoch(), pairs,
        batch.pairs().stream().mapToLong(TokenizedPair::tokens).sum(), sums.loss, sums.penalty / pairs, sums.correct,
        sums.chosen / pairs, sums.rejected / pairs, at.learningRate(), update.gradientNorm(), update.applied());
  }

  /** Adds the gradient of one micro-batch to what the weights have. */
  void accumulate(List<TokenizedPair> part, int pairsOfBatch, Sums sums) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      PairForward forward = PairForward.run(model, part);
      RewardLoss.Result result = loss.compute(forward.chosen(), forward.rejected(), margins(part), pairsOfBatch);
      result.loss().backward();
      sums.add(result, forward);
    }
  }

  private float[] margins(List<TokenizedPair> pairs) {
    if (!config.useMargin()) {
      return new float[0];
    }
    float[] margins = new float[pairs.size()];
    for (int i = 0; i < margins.length; i++) {
      margins[i] = (float) pairs.get(i).margin();
    }
    return margins;
  }

  /** What the micro-batches of one step add up to. */
  static final class Sums {

    private double loss;
    private double penalty;
    private int correct;
    private double chosen;
    private double rejected;

    void add(RewardLoss.Result result, PairForward forward) {
      float[] sums = result.sums().toFloats();
      loss += result.loss().item();
      penalty += sums[1];
      correct += Math.round(sums[2]);
      chosen += sum(forward.chosen());
      rejected += sum(forward.rejected());
    }

    private static double sum(Tensor scores) {
      double sum = 0;
      for (float score : scores.toFloats()) {
        sum += score;
      }
      return sum;
    }
  }
}
