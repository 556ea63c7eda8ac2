package io.rlhf4j.critic;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The value model role. Calls come one at a time. */
public interface CriticRole extends AutoCloseable {

  /**
   * Values of the states in which the responses' tokens are chosen.
   *
   * @return one array {@code [n]} for each sequence
   */
  List<float[]> values(List<TokenSequence> sequences);

  /**
   * Runs the value epochs of one iteration.
   *
   * @return metrics by name, in the order they should be shown
   */
  Map<String, Double> update(long step, List<Experience> batch);

  /** Writes the weights, configuration and tokenizer as a Hugging Face directory. */
  void save(Path directory);

  /**
   * Writes all that learning continues from: a role made from it goes on there. The model in it has its adapters beside
   * its weights, not in them.
   */
  void checkpoint(Path directory);

  @Override
  void close();
}
