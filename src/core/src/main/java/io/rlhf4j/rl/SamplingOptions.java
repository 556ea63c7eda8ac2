package io.rlhf4j.rl;

/**
 * How responses are sampled.
 *
 * @param temperature divides the logits; 0 means greedy
 * @param topP nucleus mass kept, in (0, 1]; 1 keeps everything
 * @param topK most likely tokens kept; 0 keeps everything
 * @param minNewTokens stop tokens are forbidden before this many tokens
 * @param maxNewTokens responses are cut here
 * @param samplesPerPrompt responses drawn for each prompt
 * @param seed together with the rollout key and the position it fixes every random number
 */
public record SamplingOptions(double temperature, double topP, int topK, int minNewTokens, int maxNewTokens,
    int samplesPerPrompt, long seed) {

  public SamplingOptions {
    require(temperature >= 0, "temperature", temperature, "at least 0");
    require(topP > 0 && topP <= 1, "top_p", topP, "in (0, 1]");
    require(topK >= 0, "top_k", topK, "at least 0");
    require(maxNewTokens >= 1, "max_new_tokens", maxNewTokens, "at least 1");
    require(minNewTokens >= 0 && minNewTokens <= maxNewTokens, "min_new_tokens", minNewTokens,
        "between 0 and max_new_tokens " + maxNewTokens);
    require(samplesPerPrompt >= 1, "samples_per_prompt", samplesPerPrompt, "at least 1");
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", must be " + rule);
    }
  }
}
