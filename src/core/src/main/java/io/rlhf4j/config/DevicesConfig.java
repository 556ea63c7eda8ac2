package io.rlhf4j.config;

/**
 * What each role computes on: {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:N}. A node's {@code --device}
 * counts more. Other devices change results in their last digits, so a run may go on with others than it began with.
 *
 * @param actor device of the policy that learns: its weights, optimiser, caches and all that it computes
 * @param critic device of the critic
 * @param reward device of the reward models, of a list of rewards too
 * @param reference device of the frozen policy
 * @param stages device of SFT and reward training, in the JVM of rlhf ppo
 */
public record DevicesConfig(@Default("cpu") String actor, @Default("cpu") String critic,
    @Default("cpu") String reward, @Default("cpu") String reference, @Default("cpu") String stages) {

  public DevicesConfig {
    check("actor", actor);
    check("critic", critic);
    check("reward", reward);
    check("reference", reference);
    check("stages", stages);
  }

  private static void check(String key, String device) {
    Check.that(device.matches("cpu|cuda(:\\d{1,2})?"), key, "'" + device + "'", "cpu, cuda or cuda:N");
  }

  /** @param role label of a role */
  public String of(String role) {
    return switch (role) {
      case "actor" -> actor;
      case "critic" -> critic;
      case "reward" -> reward;
      case "reference" -> reference;
      default -> throw new IllegalArgumentException("no role " + role);
    };
  }
}
