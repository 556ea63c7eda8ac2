package io.rlhf4j.generate;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Samples responses with a key-value cache and continuous batching.
 *
 * <p>A prompt is processed once, whatever the number of its samples. Each sample draws from its own random stream, a
 * function of (seed, step, prompt, sample, position), so the batch that happens to surround it does not choose its
 * tokens. What a different batch does change is the rounding of the matrix products, about 1e-6 in a log-probability,
 * so in rare cases a number that falls between two tokens picks the other one. The same call on the same machine with
 * the same number of slots and threads repeats every bit.
 *
 * <p>The behaviour log-probability is the one under {@code softmax(logits / temperature)} over the whole vocabulary,
 * before top-k, top-p, min-p, penalties and bans: the same quantity as a training forward computes, so that ratios
 * start at 1. Greedy decoding (temperature 0) reports it at temperature 1.
 *
 * <p>Rollouts are handed over as they finish: by the step in which they finish and, within a step, by slot. That order
 * depends on the arguments and the number of slots alone.
 */
public final class RolloutGenerator {

  private static final int DEFAULT_SLOTS = 64;

  private final int slots;

  public RolloutGenerator() {
    this(DEFAULT_SLOTS);
  }

  /** @param slots samples that run at once; the cache's memory is proportional to it */
  public RolloutGenerator(int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("slots is " + slots + ", must be at least 1");
    }
    this.slots = slots;
  }

  /** Like the other, with a copy of the model's weights in fp32 that lasts for this call. */
  public GenerationStats generate(CausalModel model, long step, long policyVersion, List<PromptRequest> prompts,
      SamplingOptions options, TurnEnd turnEnd, Consumer<Rollout> sink) {
    try (InferenceWeights weights = InferenceWeights.of(model, InferencePrecision.FP32)) {
      return generate(weights, step, policyVersion, prompts, options, turnEnd, sink);
    }
  }

  /**
   * Samples {@code options.samplesPerPrompt()} responses to each prompt and hands each to {@code sink}, on this thread.
   *
   * @param step PPO iteration; part of the rollouts' keys and of the random streams
   * @param policyVersion part of the rollouts' keys
   * @param prompts with distinct ids
   * @param turnEnd the tokens that end a response, besides those of the options, and how tokens read
   * @throws InputException if a prompt and {@code max_new_tokens} do not fit {@code max_position_embeddings} together
   * @throws IllegalArgumentException if a prompt id occurs twice or a token is outside the vocabulary
   * @throws IllegalStateException if the model's logits are not finite
   */
  public GenerationStats generate(InferenceWeights weights, long step, long policyVersion,
      List<PromptRequest> prompts, SamplingOptions options, TurnEnd turnEnd, Consumer<Rollout> sink) {
    long start = System.nanoTime();
    DecoderShape config = weights.config();
    check(config, prompts, options);
    Stops stops = Stops.of(turnEnd, options.stop(), config.vocabSize());
    if (prompts.isEmpty()) {
      return new GenerationStats(0, 0, 0, 0);
    }
    try (GradientScope gradients = GradientScope.paused(); MemoryScope scope = MemoryScope.open();
        Decoding decoding = new Decoding(weights,
            new GenerationRequest(step, policyVersion, List.copyOf(prompts), options, stops), sink, slots)) {
      decoding.run();
      return decoding.stats((System.nanoTime() - start) * 1e-9);
    }
  }

  private static void check(DecoderShape config, List<PromptRequest> prompts, SamplingOptions options) {
    Set<Long> seen = new HashSet<>();
    for (PromptRequest prompt : prompts) {
      if (!seen.add(prompt.promptId())) {
        throw new IllegalArgumentException("prompt " + prompt.promptId() + " is in the list twice");
      }
      int room = config.maxPositions() - prompt.tokens().length;
      if (options.maxNewTokens() > room) {
        throw InputException.key("max_new_tokens", "is " + options.maxNewTokens() + ", must be at most " + room
            + " after prompt " + prompt.promptId() + " of " + prompt.tokens().length
            + " tokens: the model's max_position_embeddings is " + config.maxPositions());
      }
      for (int token : prompt.tokens()) {
        if (token < 0 || token >= config.vocabSize()) {
          throw new IllegalArgumentException("prompt " + prompt.promptId() + " has token " + token
              + ", outside the vocabulary of " + config.vocabSize());
        }
      }
    }
  }
}
