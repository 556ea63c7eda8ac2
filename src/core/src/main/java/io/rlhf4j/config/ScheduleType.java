package io.rlhf4j.config;

import java.util.Locale;

/** How the learning rate moves after its warm-up. */
public enum ScheduleType {

  /** Falls in a straight line to 0. */
  LINEAR,

  /** Falls along half a cosine wave to 0. */
  COSINE,

  /** Falls along half a cosine wave to {@code min_lr_ratio} of the peak. */
  COSINE_WITH_MIN_LR,

  /** Stays. */
  CONSTANT;

  /** The name in YAML. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
