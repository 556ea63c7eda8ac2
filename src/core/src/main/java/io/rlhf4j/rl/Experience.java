package io.rlhf4j.rl;

/**
 * A rollout with everything that the updates of actor and critic need; every array is {@code [n]}, one entry an action.
 *
 * @param rollout the sampled response
 * @param oldLogProbs log-probs under the training forward before this iteration's first update, nats
 * @param oldValues values before this iteration's first update
 * @param advantages GAE advantages, already whitened
 * @param returns GAE returns, the value targets
 */
public record Experience(Rollout rollout, float[] oldLogProbs, float[] oldValues, float[] advantages,
    float[] returns) {

  public Experience {
    int n = rollout.response().length;
    if (oldLogProbs.length != n || oldValues.length != n || advantages.length != n || returns.length != n) {
      throw new IllegalArgumentException("experience " + rollout.key() + " needs " + n + " entries in every array");
    }
  }
}
