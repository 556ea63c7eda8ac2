package io.rlhf4j.config;

/** How DPO compares the implicit rewards of the two answers of a pair. */
public enum DpoLossType {

  /** {@code -log sigmoid(beta h)} (Rafailov et al. 2023, equation 7), {@code h} the difference of log-ratios. */
  SIGMOID,

  /**
   * {@code (h - 1/(2 beta))^2} (Azar et al. 2023, equation 17), the log-ratios averaged over the tokens of an answer,
   * so that its length does not matter.
   */
  IPO
}
