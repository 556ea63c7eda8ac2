package io.rlhf4j.rl;

/**
 * A rollout with everything that the updates of actor and critic need; every array is {@code [n]}, one entry an action,
 * but those of the critic are empty in a run without one.
 *
 * @param rollout the sampled response
 * @param oldLogProbs log-probs under the training forward before this iteration's first update, nats
 * @param oldValues the critic's values before this iteration's first update
 * @param advantages what the policy's loss weighs the actions with, already whitened
 * @param returns GAE returns, the targets of the critic
 * @param referenceLogProbs log-probs under the frozen reference, nats; empty unless the loss needs them
 */
public record Experience(Rollout rollout, float[] oldLogProbs, float[] oldValues, float[] advantages,
    float[] returns, float[] referenceLogProbs) {

  /** Without the reference, which the loss needs only if the KL term is in it. */
  public Experience(Rollout rollout, float[] oldLogProbs, float[] oldValues, float[] advantages, float[] returns) {
    this(rollout, oldLogProbs, oldValues, advantages, returns, new float[0]);
  }

  public Experience {
    int n = rollout.response().length;
    int critic = oldValues.length == 0 ? 0 : n;
    if (oldLogProbs.length != n || advantages.length != n || oldValues.length != critic || returns.length != critic
        || referenceLogProbs.length != n && referenceLogProbs.length != 0) {
      throw new IllegalArgumentException("experience " + rollout.key() + " needs " + n + " entries in every array");
    }
  }
}
