package io.rlhf4j.reward;

import io.rlhf4j.config.EvaluationConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.Optimizer;
import io.rlhf4j.train.StageCheckpoints;
import java.util.List;

/**
 * Passes, steps, evaluations, checkpoints and the best state, the same for everything that a reward model learns from.
 * One thread at a time.
 */
public final class TrainingLoop {

  /** Note of a checkpoint: where the masks of the adapters' dropout stand. */
  private static final String DROPOUT = "dropout_position";
  /** Likewise: tokens learned from. */
  private static final String TOKENS = "tokens_seen";

  private final ScalarModel model;
  private final RewardConfig config;
  private final long seed;

  /**
   * The model stays the caller's.
   *
   * @param seed of the noise on embeddings, where there is some
   */
  public TrainingLoop(ScalarModel model, RewardConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
  }

  /**
   * What is learned.
   *
   * @param <B> a batch of one optimiser step
   * @param <E> an evaluation
   */
  public interface Lesson<B, E> {

    /** Optimiser steps of one pass over the data. */
    int stepsPerEpoch();

    /** Optimiser steps of the whole run. */
    int totalSteps();

    /**
     * The batches of a pass, the same whenever they are asked for.
     *
     * @param epoch counted from 1
     */
    List<B> epoch(int epoch);

    /** Training goes on from a checkpoint that was written after step {@code step}. */
    void resumed(int step);

    /**
     * Makes one optimiser step.
     *
     * @return tokens of the batch
     */
    long step(Optimizer optimizer, B batch, At at);

    /**
     * Measures the current weights.
     *
     * @param step optimiser steps done
     */
    Measured<E> measure(int step);
  }

  /**
   * Where training is.
   *
   * @param step counted from 1
   * @param totalSteps of the whole run
   * @param epoch counted from 1
   * @param learningRate of this step
   * @param tokensBefore that the steps before it have learned from
   */
  public record At(int step, int totalSteps, int epoch, double learningRate, long tokensBefore) {}

  /**
   * An evaluation.
   *
   * @param merit higher is better, by {@code metric_for_best_model}
   */
  public record Measured<E>(E evaluation, double merit) {}

  /**
   * Trains from the newest checkpoint on, or from the beginning, and measures the result. Interrupted or not, the
   * weights end up the same to the last bit.
   *
   * @param checkpoints of this stage; the caller clears them when the result is safe
   * @return evaluation of the final weights
   */
  public <B, E> E run(Lesson<B, E> lesson, StageCheckpoints checkpoints) {
    EvaluationConfig evaluation = config.evaluation();
    BestState best = BestState.of(evaluation, checkpoints);
    model.backbone().addNoise(config.neftuneNoiseAlpha(), seed);
    try (Optimizer optimizer = new Optimizer(model.trainedWeights(), config.optimizer())) {
      StageCheckpoints.Position start = resume(lesson, checkpoints, best, optimizer);
      int step = start.step();
      long tokens = start.notes().path(TOKENS).asLong();
      LearningRateSchedule rates = config.optimizer().learningRates(lesson.totalSteps());
      while (step < rates.totalSteps()) {
        int epoch = step / lesson.stepsPerEpoch() + 1;
        List<B> ofEpoch = lesson.epoch(epoch);
        for (int b = step % ofEpoch.size(); b < ofEpoch.size() && step < rates.totalSteps(); b++) {
          double rate = rates.at(step++);
          tokens += lesson.step(optimizer, ofEpoch.get(b), new At(step, rates.totalSteps(), epoch, rate, tokens));
          long seen = tokens;
          boolean epochEnded = b == ofEpoch.size() - 1;
          if (evaluation.evaluatesAfter(step, epochEnded) && step < rates.totalSteps()) {
            best.offer(step, lesson.measure(step).merit(), model.trainedWeights());
          }
          checkpoints.stepped(step, epochEnded, model.trainedWeights(), optimizer,
              () -> best.notes().put(DROPOUT, model.backbone().dropoutPosition()).put(TOKENS, seen));
        }
      }
      checkpoints.average(step, model.trainedWeights());
      model.trainable(false);
      Measured<E> last = lesson.measure(step);
      best.offer(step, last.merit(), model.trainedWeights());
      return best.restore(model.trainedWeights()) ? lesson.measure(best.step()).evaluation() : last.evaluation();
    } finally {
      model.backbone().addNoise(0, seed);
      best.close();
    }
  }

  private StageCheckpoints.Position resume(Lesson<?, ?> lesson, StageCheckpoints checkpoints, BestState best,
      Optimizer optimizer) {
    StageCheckpoints.Position start = checkpoints.restore(model.trainedWeights(), optimizer);
    best.continueFrom(start.notes());
    if (start.step() > 0) {
      model.backbone().continueDropout(start.notes().path(DROPOUT).asInt());
      lesson.resumed(start.step());
    }
    return start;
  }
}
