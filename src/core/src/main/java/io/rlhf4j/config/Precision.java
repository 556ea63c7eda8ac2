package io.rlhf4j.config;

/** The numbers in which training multiplies matrices; weights, gradients and moments are fp32 in any case. */
public enum Precision {
  FP32, BF16
}
