package io.rlhf4j.launcher.quickstart;

import java.nio.file.Path;

/** The files that a task generates, each with one JSON object a line. */
public enum TaskFile {
  /** {@code {"messages": [...]}}: conversations to imitate, good and bad. */
  SFT("sft.jsonl"),
  /** {@code {"prompt": [...], "chosen": "...", "rejected": "..."}}. */
  PREFERENCE_TRAIN("preference_train.jsonl"),
  /** As {@link #PREFERENCE_TRAIN}, on held-out prompts. */
  PREFERENCE_TEST("preference_test.jsonl"),
  /** {@code {"prompt": [...]}}. */
  PROMPTS_TRAIN("prompts_train.jsonl"),
  /** As {@link #PROMPTS_TRAIN}, on held-out prompts. */
  PROMPTS_TEST("prompts_test.jsonl");

  private final String fileName;

  TaskFile(String fileName) {
    this.fileName = fileName;
  }

  public String fileName() {
    return fileName;
  }

  public Path in(Path directory) {
    return directory.resolve(fileName);
  }

  /** Whether the prompts of this file describe combinations of name, product and problem that training never shows. */
  boolean isHeldOut() {
    return this == PREFERENCE_TEST || this == PROMPTS_TEST;
  }
}
