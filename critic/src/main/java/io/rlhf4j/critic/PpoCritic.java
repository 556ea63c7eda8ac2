package io.rlhf4j.critic;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The critic of a PPO run: a value model that learns. Owns model, tokenizer and optimiser. */
public final class PpoCritic implements CriticRole {

  private static final String OPTIMIZER = "optimizer.safetensors";

  private final ScalarModel model;
  private final Tokenizer tokenizer;
  private final ValueTrainer trainer;

  /** @param tokenizer written beside the weights by {@link #save} */
  public PpoCritic(ScalarModel model, Tokenizer tokenizer, PpoConfig options, long seed) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.trainer = new ValueTrainer(model, options, seed);
  }

  /**
   * A critic that starts from a model directory, or goes on from a {@link #checkpoint}.
   *
   * @param model read from that directory; the critic's from now on
   */
  public static PpoCritic open(Path directory, ScalarModel model, PpoConfig options, long seed) {
    PpoCritic critic = new PpoCritic(model, Tokenizer.load(directory), options, seed);
    if (Files.exists(directory.resolve(OPTIMIZER))) {
      critic.trainer.restoreOptimizer(directory.resolve(OPTIMIZER));
    }
    return critic;
  }

  @Override
  public List<float[]> values(List<TokenSequence> sequences) {
    return Compute.run(() -> trainer.values(sequences));
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    return Compute.run(() -> trainer.update(step, batch));
  }

  @Override
  public void save(Path directory) {
    tokenizer.copyTo(directory);
    model.save(directory);
  }

  @Override
  public void checkpoint(Path directory) {
    tokenizer.copyTo(directory);
    model.saveApart(directory);
    trainer.saveOptimizer(directory.resolve(OPTIMIZER));
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
    tokenizer.close();
  }
}
