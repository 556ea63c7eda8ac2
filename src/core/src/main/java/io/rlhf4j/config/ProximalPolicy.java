package io.rlhf4j.config;

/** Which policy the ratio of PPO is taken against, and its clip keeps the policy near to. */
public enum ProximalPolicy {
  /** The policy at the start of the update, by the training forward (decoupled from the sampler). */
  RECOMPUTED,
  /** The policy that sampled, with the log-probs it sampled with. */
  BEHAVIOUR
}
