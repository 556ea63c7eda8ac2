package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.AdamW;
import io.rlhf4j.train.LearningRateSchedule;
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

  /** Optimiser steps that so many pairs take. */
  public int totalSteps(int pairs) {
    return config.epochs() * Math.ceilDiv(pairs, config.batchSize());
  }

  /**
   * Runs all epochs and measures the result.
   *
   * @param train at least one pair
   * @param test pairs that only measure, at least one
   * @return evaluation of the final weights on the test pairs
   */
  public RewardEvaluation train(List<TokenizedPair> train, List<TokenizedPair> test, RewardTrainingListener listener) {
    LearningRateSchedule rates = config.optimizer().learningRates(totalSteps(train.size()));
    try (AdamW optimizer = new AdamW(model.weights(), config.optimizer())) {
      int step = 0;
      for (int epoch = 1; epoch <= config.epochs(); epoch++) {
        List<TokenizedPair> order = Batches.shuffledGroups(train, TokenizedPair::prompt, seed, epoch);
        for (List<TokenizedPair> batch : Batches.ofCount(order, config.batchSize())) {
          listener.stepped(step(optimizer, batch, rates, epoch, ++step));
          if (config.evalSteps() > 0 && step % config.evalSteps() == 0 && step < rates.totalSteps()) {
            listener.evaluated(step, evaluate(test));
          }
        }
      }
      model.trainable(false);
      RewardEvaluation last = evaluate(test);
      listener.evaluated(step, last);
      return last;
    }
  }

  /** Measures the current weights. */
  public RewardEvaluation evaluate(List<TokenizedPair> pairs) {
    return RewardEvaluation.of(PairForward.scoreAll(model, pairs, config.microBatchTokens()));
  }

  private RewardStep step(AdamW optimizer, List<TokenizedPair> batch, LearningRateSchedule rates, int epoch, int step) {
    Sums sums = new Sums();
    for (List<TokenizedPair> part : Batches.ofTokens(batch, TokenizedPair::tokens, config.microBatchTokens())) {
      accumulate(part, batch.size(), sums);
    }
    double rate = rates.at(step - 1);
    AdamW.Update update = optimizer.step(rate);
    int pairs = batch.size();
    return new RewardStep(step, rates.totalSteps(), epoch, pairs, batch.stream().mapToLong(TokenizedPair::tokens).sum(),
        sums.loss, sums.penalty / pairs, sums.correct, sums.chosen / pairs, sums.rejected / pairs, rate,
        update.gradientNorm(), update.applied());
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
