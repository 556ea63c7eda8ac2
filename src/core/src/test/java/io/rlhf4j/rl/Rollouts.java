package io.rlhf4j.rl;

/** Rollouts for tests. */
final class Rollouts {

  private Rollouts() {}

  static Rollout rollout(long promptId, FinishReason finish, float... behaviour) {
    int[] response = new int[behaviour.length];
    for (int t = 0; t < response.length; t++) {
      response[t] = 10 + t;
    }
    return new Rollout(new RolloutKey(3, promptId, 0, 3), new int[] {1, 2}, response, behaviour, finish);
  }
}
