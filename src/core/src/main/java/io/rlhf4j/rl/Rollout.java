package io.rlhf4j.rl;

/**
 * One sampled response.
 *
 * @param key identity
 * @param prompt token ids of the rendered prompt, {@code [p]}, never empty
 * @param response sampled token ids including the stop token, {@code [n]}, never empty
 * @param behaviourLogProbs log-probability of each sampled token under the sampling policy, {@code [n]}, nats
 * @param finish why it ended
 */
public record Rollout(RolloutKey key, int[] prompt, int[] response, float[] behaviourLogProbs, FinishReason finish) {

  public Rollout {
    if (prompt.length == 0 || response.length == 0) {
      throw new IllegalArgumentException("rollout " + key + " has an empty prompt or response");
    }
    if (behaviourLogProbs.length != response.length) {
      throw new IllegalArgumentException("rollout " + key + " has " + response.length + " tokens but "
          + behaviourLogProbs.length + " log-probs");
    }
  }

  /** Prompt and response as one sequence. */
  public TokenSequence sequence() {
    return TokenSequence.of(prompt, response);
  }
}
