package io.rlhf4j.actor;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.ResponseLogProbs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An actor whose policy does not learn: it has no optimiser, whose moments would take twice the memory of the weights.
 * Owns model and tokenizer. The weights are turned into those of inference once, at the first call that samples.
 */
public final class SamplingActor implements ActorRole {

  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final PpoConfig options;
  private final TurnEnd turnEnd;
  private final RolloutGenerator generator = new RolloutGenerator();
  private @Nullable InferenceWeights weights;

  /** @param options sampling precision and tokens of one forward pass */
  public SamplingActor(CausalModel model, Tokenizer tokenizer, PpoConfig options) {
    model.trainable(false);
    this.model = model;
    this.tokenizer = tokenizer;
    this.options = options;
    this.turnEnd = TurnEnd.of(tokenizer);
  }

  @Override
  public void generate(long step, List<PromptRequest> prompts, SamplingOptions sampling, Consumer<Rollout> sink) {
    Compute.run(() -> {
      if (weights == null) {
        weights = InferenceWeights.of(model, options.generation().rolloutPrecision());
      }
      generator.generate(weights, step, 0, prompts, sampling, turnEnd, sink);
    });
  }

  @Override
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return Compute.run(() -> ResponseLogProbs.of(model, sequences, temperature, options.microBatchTokens()));
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    throw new IllegalStateException("this actor was prepared to sample, not to learn");
  }

  @Override
  public void save(Path directory) {
    tokenizer.copyTo(directory);
    model.save(directory);
  }

  @Override
  public void checkpoint(Path directory) {
    throw new IllegalStateException("this actor was prepared to sample, not to learn");
  }

  @Override
  public void close() {
    if (weights != null) {
      weights.close();
    }
    model.close();
    tokenizer.close();
  }
}
