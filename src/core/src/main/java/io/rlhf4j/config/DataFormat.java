package io.rlhf4j.config;

/** How the rows of a preference file are laid out. */
public enum DataFormat implements YamlNamed {

  /** Decided for each row by what it holds. */
  AUTO("auto"),

  /** Answers as texts or lists of messages, with or without a {@code prompt} beside them. */
  STANDARD("standard"),

  /** Whole dialogues in one text: turns that begin with a blank line and {@code Human:} or {@code Assistant:}. */
  HH_RLHF("hh-rlhf");

  private final String yaml;

  DataFormat(String yaml) {
    this.yaml = yaml;
  }

  @Override
  public String yamlName() {
    return yaml;
  }
}
