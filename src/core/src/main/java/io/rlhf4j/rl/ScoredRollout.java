package io.rlhf4j.rl;

/**
 * A rollout and what the four roles say about it; every array is {@code [n]}, one entry an action.
 *
 * @param rollout the sampled response
 * @param score reward of the whole response, reward units, before any clipping or normalisation
 * @param policyLogProbs log-probs under the policy's training forward before this iteration's first update, nats
 * @param referenceLogProbs log-probs under the frozen reference, nats
 * @param values values before this iteration's first update, reward units; empty in a run without a critic
 */
public record ScoredRollout(Rollout rollout, float score, float[] policyLogProbs, float[] referenceLogProbs,
    float[] values) {

  public ScoredRollout {
    int n = rollout.response().length;
    if (policyLogProbs.length != n || referenceLogProbs.length != n || values.length != n && values.length != 0) {
      throw new IllegalArgumentException("scored rollout " + rollout.key() + " needs " + n
          + " entries in every array but has " + policyLogProbs.length + " policy log-probs, "
          + referenceLogProbs.length + " reference log-probs and " + values.length + " values");
    }
  }

  /** Whether a critic has seen it. */
  public boolean hasValues() {
    return values.length > 0;
  }
}
