package io.rlhf4j.rl;

/**
 * How responses are sampled.
 *
 * @param temperature divides the logits; 0 means greedy
 * @param topP nucleus mass kept, in (0, 1]; 1 keeps everything
 * @param topK most likely tokens kept; 0 keeps everything
 * @param minP tokens less likely than this share of the most likely one are dropped, in [0, 1]; 0 keeps everything
 * @param repetition what keeps the text from repeating itself
 * @param stop what ends a response besides the tokens that end a turn
 * @param minNewTokens nothing ends a response before this many tokens
 * @param maxNewTokens responses are cut here
 * @param samplesPerPrompt responses drawn for each prompt
 * @param seed together with the rollout key and the position it fixes every random number
 */
public record SamplingOptions(double temperature, double topP, int topK, double minP, Repetition repetition,
    StopRules stop, int minNewTokens, int maxNewTokens, int samplesPerPrompt, long seed) {

  public SamplingOptions {
    require(temperature >= 0, "temperature", temperature, "at least 0");
    require(topP > 0 && topP <= 1, "top_p", topP, "in (0, 1]");
    require(topK >= 0, "top_k", topK, "at least 0");
    require(minP >= 0 && minP <= 1, "min_p", minP, "in [0, 1]");
    require(maxNewTokens >= 1, "max_new_tokens", maxNewTokens, "at least 1");
    require(minNewTokens >= 0 && minNewTokens <= maxNewTokens, "min_new_tokens", minNewTokens,
        "between 0 and max_new_tokens " + maxNewTokens);
    require(samplesPerPrompt >= 1, "samples_per_prompt", samplesPerPrompt, "at least 1");
  }

  /** Sampling without a minimal probability, rules about repetition, or further stops. */
  public SamplingOptions(double temperature, double topP, int topK, int minNewTokens, int maxNewTokens,
      int samplesPerPrompt, long seed) {
    this(temperature, topP, topK, 0, Repetition.FREE, StopRules.NONE, minNewTokens, maxNewTokens, samplesPerPrompt,
        seed);
  }

  public SamplingOptions withMinP(double share) {
    return new SamplingOptions(temperature, topP, topK, share, repetition, stop, minNewTokens, maxNewTokens,
        samplesPerPrompt, seed);
  }

  public SamplingOptions withRepetition(Repetition rules) {
    return new SamplingOptions(temperature, topP, topK, minP, rules, stop, minNewTokens, maxNewTokens,
        samplesPerPrompt, seed);
  }

  public SamplingOptions withStop(StopRules rules) {
    return new SamplingOptions(temperature, topP, topK, minP, repetition, rules, minNewTokens, maxNewTokens,
        samplesPerPrompt, seed);
  }

  public SamplingOptions withSamples(int perPrompt, long otherSeed) {
    return new SamplingOptions(temperature, topP, topK, minP, repetition, stop, minNewTokens, maxNewTokens, perPrompt,
        otherSeed);
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", must be " + rule);
    }
  }
}
