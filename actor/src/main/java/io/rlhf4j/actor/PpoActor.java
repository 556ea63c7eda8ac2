package io.rlhf4j.actor;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InferencePrecision;
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
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The actor of a PPO run: a policy that learns. Owns model, tokenizer and optimiser. */
public final class PpoActor implements ActorRole {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "training-state.json";
  private static final String VERSION = "policy_version";

  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final PolicyTrainer trainer;
  private final RolloutGenerator generator = new RolloutGenerator();
  private final TurnEnd turnEnd;
  private final InferencePrecision rolloutPrecision;
  private long policyVersion;

  /**
   * An actor whose responses end with the tokenizer's EOS or where its chat template ends a turn.
   *
   * @param policyVersion iterations that the model has already learned from; 0 for a new run
   */
  public PpoActor(CausalModel model, Tokenizer tokenizer, PpoConfig options, long policyVersion, long seed) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.trainer = new PolicyTrainer(model, options, seed);
    this.turnEnd = TurnEnd.of(tokenizer);
    this.rolloutPrecision = options.generation().rolloutPrecision();
    this.policyVersion = policyVersion;
  }

  /**
   * An actor that starts from a model directory, or goes on from a {@link #checkpoint}.
   *
   * @param model read from that directory; the actor's from now on
   */
  public static PpoActor open(Path directory, CausalModel model, PpoConfig options, long seed) {
    Path state = directory.resolve(STATE);
    if (Files.notExists(state)) {
      return new PpoActor(model, Tokenizer.load(directory), options, 0, seed);
    }
    try {
      long version = JSON.readTree(state.toFile()).path(VERSION).asLong();
      PpoActor actor = new PpoActor(model, Tokenizer.load(directory), options, version, seed);
      actor.trainer.restoreOptimizer(directory.resolve(OPTIMIZER));
      return actor;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + state, e);
    }
  }

  @Override
  public void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink) {
    Compute.run(() -> {
      // Taken anew for each call, so that samples never come from weights of before an update.
      try (InferenceWeights weights = InferenceWeights.of(model, rolloutPrecision)) {
        generator.generate(weights, step, policyVersion, prompts, options, turnEnd, sink);
      }
    });
  }

  @Override
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return Compute.run(() -> trainer.logProbs(sequences, temperature));
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    Map<String, Double> metrics = Compute.run(() -> trainer.update(step, batch));
    if (trainer.learnsIn(step)) {
      policyVersion++;
    }
    return metrics;
  }

  @Override
  public void save(Path directory) {
    tokenizer.copyTo(directory);
    model.save(directory);
    trainer.saveAverage(directory.resolve("ema"));
  }

  @Override
  public void checkpoint(Path directory) {
    tokenizer.copyTo(directory);
    model.saveApart(directory);
    trainer.saveOptimizer(directory.resolve(OPTIMIZER));
    try {
      JSON.writeValue(directory.resolve(STATE).toFile(), Map.of(VERSION, policyVersion));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory.resolve(STATE), e);
    }
  }

  /** Demonstrations that every update imitates as well, with weight {@code ptx_coef}. */
  public void mixIn(List<MaskedTokens> demonstrations) {
    trainer.mixIn(demonstrations);
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
    tokenizer.close();
  }
}
