package io.rlhf4j.actor;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The policy role: samples rollouts and learns from experience. Calls come one at a time. */
public interface ActorRole extends AutoCloseable {

  /**
   * Samples {@code options.samplesPerPrompt()} responses for each prompt and hands each to {@code sink} as it finishes.
   * The order of the calls is a function of the arguments alone.
   *
   * @param step PPO iteration, part of every rollout's key
   */
  void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink);

  /**
   * Log-probs of the responses' tokens under the training forward, at the given temperature.
   *
   * @return one array {@code [n]} for each sequence, nats
   */
  List<float[]> logProbs(List<TokenSequence> sequences, double temperature);

  /**
   * Runs the PPO epochs of one iteration.
   *
   * @return metrics by name, in the order they should be shown
   */
  Map<String, Double> update(long step, List<Experience> batch);

  /**
   * Writes the weights, configuration and tokenizer as a Hugging Face directory; with {@code ema_beta} the averaged
   * weights as another one in its folder {@code ema}.
   */
  void save(Path directory);

  /**
   * Writes all that learning continues from: a role made from it goes on there. The model in it has its adapters beside
   * its weights, not in them.
   */
  void checkpoint(Path directory);

  @Override
  void close();
}
