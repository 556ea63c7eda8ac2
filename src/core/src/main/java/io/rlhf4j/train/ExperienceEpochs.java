package io.rlhf4j.train;

import io.rlhf4j.data.Batches;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * The PPO epochs of one iteration: shuffled mini-batches, one optimiser step each, every mini-batch cut into
 * micro-batches whose gradients add up to the gradient of the whole.
 *
 * <p>What happens in an iteration depends on the seed, the iteration's number and the experience alone, so that an
 * iteration can be replayed. The learning rate is a function of the iteration's number as well.
 *
 * @param epochs passes over the experience
 * @param miniBatchSize responses in one optimiser step
 * @param microBatchTokens tokens in one forward pass
 * @param responsesPerIteration responses that an iteration normally has; places an iteration on the schedule
 * @param seed of the shuffles
 */
public record ExperienceEpochs(int epochs, int miniBatchSize, int microBatchTokens, int responsesPerIteration,
    long seed) {

  /** The loss of a micro-batch. */
  @FunctionalInterface
  public interface Loss {

    /**
     * The micro-batch's share of the mini-batch's loss, a scalar that carries gradients.
     *
     * @param actions actions of the whole mini-batch, the denominator of the mean
     * @param update optimiser steps of this iteration before this one
     */
    Tensor of(List<Experience> microBatch, int actions, int update);
  }

  /**
   * What the optimiser did in an iteration.
   *
   * @param loss mean over the mini-batches
   * @param gradientNorm mean over the applied updates of the norm before clipping, 0 if there was none
   * @param learningRate of the last update
   * @param skipped updates without effect because a gradient was not finite
   */
  public record Summary(double loss, double gradientNorm, double learningRate, int skipped) {}

  /** Optimiser steps of a normal iteration. */
  public int updatesPerIteration() {
    return epochs * Math.ceilDiv(responsesPerIteration, miniBatchSize);
  }

  public Summary run(long step, List<Experience> batch, AdamW optimizer, LearningRateSchedule schedule, Loss loss) {
    if (batch.isEmpty()) {
      throw new IllegalArgumentException("no experience to learn from in iteration " + step);
    }
    long iterationSeed = seed * 1_000_003L + step;
    double lossSum = 0;
    double norms = 0;
    double learningRate = 0;
    int update = 0;
    int applied = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (List<Experience> miniBatch : Batches.ofCount(Batches.shuffled(batch, iterationSeed, epoch), miniBatchSize)) {
        lossSum += accumulate(miniBatch, update, loss);
        learningRate = schedule.at(Math.toIntExact(step * updatesPerIteration() + update));
        AdamW.Update result = optimizer.step(learningRate);
        if (result.applied()) {
          norms += result.gradientNorm();
          applied++;
        }
        update++;
      }
    }
    return new Summary(lossSum / update, applied == 0 ? 0 : norms / applied, learningRate, update - applied);
  }

  /** Parts of a batch that fit one forward pass each. */
  public List<List<Experience>> microBatches(List<Experience> batch) {
    return Batches.ofTokens(batch, ExperienceEpochs::tokens, microBatchTokens);
  }

  private double accumulate(List<Experience> miniBatch, int update, Loss loss) {
    int actions = miniBatch.stream().mapToInt(experience -> experience.rollout().response().length).sum();
    double sum = 0;
    for (List<Experience> micro : microBatches(miniBatch)) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        Tensor share = loss.of(micro, actions, update);
        sum += share.item();
        share.backward();
      }
    }
    return sum;
  }

  private static int tokens(Experience experience) {
    return experience.rollout().prompt().length + experience.rollout().response().length;
  }
}
