package io.rlhf4j.config;

/** When something happens during training. */
public enum Strategy {

  /** Never. */
  NO,

  /** Every so many optimiser steps. */
  STEPS,

  /** After each pass over the data. */
  EPOCH
}
