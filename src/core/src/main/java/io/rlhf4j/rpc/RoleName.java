package io.rlhf4j.rpc;

import io.rlhf4j.config.InputException;
import java.util.Locale;

/** The four roles of PPO. */
public enum RoleName {
  /** The policy that is trained. */
  ACTOR,
  /** The value model that is trained. */
  CRITIC,
  /** The reward model, frozen. */
  REWARD,
  /** The policy as it was before PPO, frozen. */
  REFERENCE;

  /** Lower case, as in configurations, messages and log lines. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads a {@link #label()}. */
  public static RoleName of(String label) {
    for (RoleName role : values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    throw new InputException("role " + label + ": must be one of actor, critic, reward, reference");
  }
}
