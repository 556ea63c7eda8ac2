package io.rlhf4j.config;

/** How weights that do not learn are held in memory. */
public enum Quantization {
  /** In fp32. */
  NONE,
  /** In 4 bits (QLoRA, Dettmers et al. 2023). */
  NF4
}
