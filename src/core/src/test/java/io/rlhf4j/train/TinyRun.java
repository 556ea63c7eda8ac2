package io.rlhf4j.train;

import io.rlhf4j.config.CriticConfig;
import io.rlhf4j.config.GenerationConfig;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.KlEstimator;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A tiny model, random rollouts and settings for the trainers' tests. */
public final class TinyRun {

  public static final LlamaConfig SHAPE = new LlamaConfig(48, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true);

  private static final GenerationConfig PLAIN = new GenerationConfig(0, 1, 0, List.of(), List.of());

  private TinyRun() {}

  public static CausalModel policy() {
    return CausalModel.random(SHAPE, 0.3, 11);
  }

  /** Responses of 1 to 12 tokens after prompts of 2 to 7. */
  public static List<Rollout> rollouts(int count, long seed) {
    Random random = new Random(seed);
    List<Rollout> rollouts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(2 + random.nextInt(6), 0, SHAPE.vocabSize()).toArray();
      int[] response = random.ints(1 + random.nextInt(12), 0, SHAPE.vocabSize()).toArray();
      rollouts.add(new Rollout(new RolloutKey(0, i, 0, 0), prompt, response, new float[response.length],
          FinishReason.STOP));
    }
    return rollouts;
  }

  /** What the tests vary; everything else is fixed. */
  public record Settings(int epochs, int miniBatchSize, int microBatchTokens, double temperature, double learningRate,
      double entropyCoef, @Nullable Double dualClip) {

    public static final Settings ONE_UPDATE = new Settings(1, 8, 16_384, 1, 1e-3, 0, null);

    public Settings withMicroBatchTokens(int tokens) {
      return new Settings(epochs, miniBatchSize, tokens, temperature, learningRate, entropyCoef, dualClip);
    }

    public Settings withEpochs(int times) {
      return new Settings(times, miniBatchSize, microBatchTokens, temperature, learningRate, entropyCoef, dualClip);
    }

    public Settings withTemperature(double value) {
      return new Settings(epochs, miniBatchSize, microBatchTokens, value, learningRate, entropyCoef, dualClip);
    }

    public Settings withLearningRate(double rate) {
      return new Settings(epochs, miniBatchSize, microBatchTokens, temperature, rate, entropyCoef, dualClip);
    }

    public Settings withEntropyCoef(double coefficient) {
      return new Settings(epochs, miniBatchSize, microBatchTokens, temperature, learningRate, coefficient, dualClip);
    }

    /** A run of ten iterations of eight responses. */
    public PpoConfig config() {
      return config(0);
    }

    /** The same, with a policy that waits for the critic in the first iterations. */
    public PpoConfig config(int criticWarmup) {
      OptimizerConfig optimizer = new OptimizerConfig(learningRate, LearningRateSchedule.Shape.CONSTANT, 0, 0, 0, 0.9,
          0.95, 1e-8, 1);
      return new PpoConfig(10, 8, 1, temperature, 1, 0, 16, 1, PLAIN, 0.05, KlEstimator.K1, null, 10_000, 1, 0.95, true,
          10.0,
          false, 0.2, 0.2, dualClip, 1, epochs, miniBatchSize, microBatchTokens, entropyCoef, null, 8, 0, optimizer,
          new CriticConfig(criticWarmup, optimizer));
    }
  }
}
