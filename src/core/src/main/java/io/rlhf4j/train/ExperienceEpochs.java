package io.rlhf4j.train;

import io.rlhf4j.data.Batches;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The PPO epochs of one iteration: shuffled mini-batches, one optimiser step each, every mini-batch cut into
 * micro-batches whose gradients add up to the gradient of the whole.
 *
 * <p>What happens in an iteration depends on the seed, the iteration's number and the experience alone, so that an
 * iteration can be replayed. Where one mini-batch holds everything there is nothing to shuffle: the order stays that of
 * the experience.
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

    /** The micro-batch's share of the mini-batch's loss, a scalar that carries gradients. */
    Tensor of(List<Experience> microBatch, MiniBatch miniBatch);
  }

  /**
   * What a micro-batch is part of.
   *
   * @param sequences responses of the mini-batch
   * @param actions their actions
   * @param update optimiser steps of this iteration before this one
   */
  public record MiniBatch(int sequences, int actions, int update) {

    /** The mini-batch of these responses. */
    public static MiniBatch of(List<Experience> batch, int update) {
      return new MiniBatch(batch.size(),
          batch.stream().mapToInt(experience -> experience.rollout().response().length).sum(), update);
    }
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

  /**
   * One optimiser step.
   *
   * @param update what became of the gradient
   * @param learningRate that it was applied with
   */
  public record Step(Optimizer.Update update, double learningRate) {}

  /** Optimiser steps of a normal iteration. */
  public int updatesPerIteration() {
    return epochs * Math.ceilDiv(responsesPerIteration, miniBatchSize);
  }

  /** @param optimizer takes the optimiser step of that index within the iteration */
  Summary run(long step, List<Experience> batch, IntFunction<Step> optimizer, Loss loss) {
    double lossSum = 0;
    double norms = 0;
    double learningRate = 0;
    int update = 0;
    int applied = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      for (List<Experience> miniBatch : miniBatches(step, epoch, batch)) {
        lossSum += accumulate(miniBatch, update, loss);
        Step taken = optimizer.apply(update);
        learningRate = taken.learningRate();
        if (taken.update().applied()) {
          norms += taken.update().gradientNorm();
          applied++;
        }
        update++;
      }
    }
    return new Summary(lossSum / update, applied == 0 ? 0 : norms / applied, learningRate, update - applied);
  }

  private List<List<Experience>> miniBatches(long step, int epoch, List<Experience> batch) {
    if (batch.size() <= miniBatchSize) {
      return List.of(batch);
    }
    return Batches.ofCount(Batches.shuffled(batch, seed * 1_000_003L + step, epoch), miniBatchSize);
  }

  /** Parts of a batch that fit one forward pass each. */
  List<List<Experience>> microBatches(List<Experience> batch) {
    return Batches.ofTokens(batch, ExperienceEpochs::tokens, microBatchTokens);
  }

  private double accumulate(List<Experience> batch, int update, Loss loss) {
    MiniBatch miniBatch = MiniBatch.of(batch, update);
    double sum = 0;
    for (List<Experience> micro : microBatches(batch)) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        Tensor share = loss.of(micro, miniBatch);
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
