package io.rlhf4j.config;

/** What the critic is before its first update. */
public enum CriticStart {
  /** The reward model, head included: its values start near what responses are worth. */
  REWARD,
  /** The policy with a new head that says 0 everywhere. */
  POLICY
}
