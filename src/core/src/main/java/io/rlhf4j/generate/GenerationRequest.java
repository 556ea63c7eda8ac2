package io.rlhf4j.generate;

import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What one call of the generator was asked for.
 *
 * @param step PPO iteration
 * @param policyVersion version of the sampling policy
 * @param prompts with distinct ids
 * @param options how to sample
 * @param stops what ends a response
 */
record GenerationRequest(long step, long policyVersion, List<PromptRequest> prompts, SamplingOptions options,
    Stops stops) {

  /** The samples of one prompt, still without tokens. */
  Stream<Sample> samplesOf(PromptRequest prompt) {
    return IntStream.range(0, options.samplesPerPrompt()).mapToObj(
        i -> new Sample(new RolloutKey(step, prompt.promptId(), i, policyVersion), prompt, options, stops));
  }

  /** Tokens of the longest prompt and of the longest response together. */
  int longest() {
    return prompts.stream().mapToInt(prompt -> prompt.tokens().length).max().orElse(0) + options.maxNewTokens();
  }

  long sampleCount() {
    return (long) prompts.size() * options.samplesPerPrompt();
  }
}
