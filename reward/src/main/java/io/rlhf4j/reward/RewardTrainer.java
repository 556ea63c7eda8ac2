package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.AdamW;
import io.rlhf4j.train.LearningRateSchedule;
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

  /** Note of a checkpoint: where the masks of the adapters' dropout stand. */
  private static final String DROPOUT = "dropout_position";

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
    PairBatches batches = new PairBatches(train, config, seed);
    BestState best = BestState.of(config.evaluation(), checkpoints);
    try (AdamW optimizer = new AdamW(model.trainedWeights(), config.optimizer())) {
      StageCheckpoints.Position start = checkpoints.restore(model.trainedWeights(), optimizer);
      best.continueFrom(start.notes());
      if (start.step() > 0) {
        model.backbone().continueDropout(start.notes().path(DROPOUT).asInt());
        listener.resumed(start.step());
      }
      LearningRateSchedule rates = config.optimizer().learningRates(batches.totalSteps());
      int step = start.step();
      while (step < rates.totalSteps()) {
        int epoch = step / batches.stepsPerEpoch() + 1;
        List<PairBatches.Batch> ofEpoch = batches.epoch(epoch);
        for (int b = step % ofEpoch.size(); b < ofEpoch.size() && step < rates.totalSteps(); b++) {
          listener.stepped(step(optimizer, ofEpoch.get(b), rates, epoch, ++step));
          boolean epochEnded = b == ofEpoch.size() - 1;
          if (config.evaluation().evaluatesAfter(step, epochEnded) && step < rates.totalSteps()) {
            best.offer(step, measure(step, test, listener), model.trainedWeights());
          }
          checkpoints.stepped(step, epochEnded, model.trainedWeights(), optimizer,
              () -> best.notes().put(DROPOUT, model.backbone().dropoutPosition()));
        }
      }
      model.trainable(false);
      Measured last = measure(step, test, listener);
      best.offer(step, last, model.trainedWeights());
      return best.restore(model.trainedWeights()) ? measure(best.step(), test, listener).evaluation()
          : last.evaluation();
    } finally {
      best.close();
    }
  }

  /** Measures the current weights. */
  public RewardEvaluation evaluate(List<TokenizedPair> pairs) {
    return RewardEvaluation.of(scores(pairs));
  }

  /** An evaluation and the loss on the same pairs. */
  record Measured(RewardEvaluation evaluation, double loss) {}

  private Measured measure(int step, List<TokenizedPair> test, RewardTrainingListener listener) {
    List<PairScores> scores = scores(test);
    Measured measured = new Measured(RewardEvaluation.of(scores), loss.mean(scores, margins(test)));
    listener.evaluated(step, measured.evaluation(), measured.loss());
    return measured;
  }

  private List<PairScores> scores(List<TokenizedPair> pairs) {
    return PairForward.scoreAll(model, pairs, config.microBatchTokens());
  }

  private RewardStep step(AdamW optimizer, PairBatches.Batch batch, LearningRateSchedule rates, int epoch, int step) {
    int pairs = batch.pairs().size();
    Sums sums = new Sums();
    for (List<TokenizedPair> part : batch.parts()) {
      accumulate(part, pairs, sums);
    }
    double rate = rates.at(step - 1);
    AdamW.Update update = optimizer.step(rate);
    return new RewardStep(step, rates.totalSteps(), epoch, pairs,
        batch.pairs().stream().mapToLong(TokenizedPair::tokens).sum(), sums.loss, sums.penalty / pairs, sums.correct,
        sums.chosen / pairs, sums.rejected / pairs, rate, update.gradientNorm(), update.applied());
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
