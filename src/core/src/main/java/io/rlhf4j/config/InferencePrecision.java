package io.rlhf4j.config;

/** In which numbers a model answers or scores. Training and the reference always compute in full precision. */
public enum InferencePrecision {
  /** 32-bit floating point. */
  FP32,
  /** Matrices as 8-bit whole numbers with a scale for each row; everything else in fp32. CPU only. */
  INT8
}
