package io.rlhf4j.train;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A tiny model, random rollouts and settings for the trainers' tests. */
public final class TinyRun {

  public static final LlamaConfig SHAPE = new LlamaConfig(48, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true);

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
      return config("critic: {warmup_steps: %d, %s}".formatted(criticWarmup, optimizer()));
    }

    /** The same with more keys of the section ppo. */
    public PpoConfig config(String keys) {
      return RecipeConfig.parse("""
          ppo: {iterations: 10, prompts_per_iteration: 8, temperature: %s, max_new_tokens: 16, epochs: %d,
                mini_batch_size: %d, micro_batch_tokens: %d, entropy_coef: %s, dual_clip: %s, score_batch_size: 8,
                actor: {%s}, %s}
          """.formatted(temperature, epochs, miniBatchSize, microBatchTokens, entropyCoef, dualClip, optimizer(), keys))
          .ppo();
    }

    private String optimizer() {
      return "learning_rate: %s, schedule: constant, warmup_ratio: 0".formatted(learningRate);
    }
  }
}
