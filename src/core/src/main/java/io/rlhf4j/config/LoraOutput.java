package io.rlhf4j.config;

/** What is saved of a model that has learned in adapters. */
public enum LoraOutput {
  /** The whole model with the adapters added to its weights, and the adapters in a directory within. */
  BOTH,
  /** The whole model. */
  MERGED,
  /** The adapters, in place of the model. */
  ADAPTER
}
