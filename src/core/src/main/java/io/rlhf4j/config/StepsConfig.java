package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/**
 * Where a process reward model reads the steps of an answer; the same values belong into the reward of kind process
 * that uses it.
 *
 * @param stepSeparator for type process: what stands behind each step
 * @param placeholder for type process: a token that is put behind the separator and read there; null reads at the end
 *     of the separator
 */
public record StepsConfig(@Default("\"\\n\\n\"") String stepSeparator,
    @Default("null") @Nullable String placeholder) {

  public StepsConfig {
    Check.that(!stepSeparator.isEmpty(), "step_separator", "empty", "the text between two steps");
  }
}
