package io.rlhf4j.data;

/** A usable row of a data file. */
public sealed interface DataRow permits LabelledSteps, PreferencePair, PromptRow, SftExample {

  /** Where the row begins in its file, counted from 1. */
  long line();
}
