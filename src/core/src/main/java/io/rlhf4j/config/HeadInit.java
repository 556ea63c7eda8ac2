package io.rlhf4j.config;

/** How the weights of a new score head begin: normal with a standard deviation that depends on the hidden size h. */
public enum HeadInit implements YamlNamed {

  /** All 0, as XTuner does: every first score is 0. */
  ZEROS("zeros"),

  /** {@code 1 / (h + 1)}, as OpenRLHF does. */
  INVERSE("1/(h+1)"),

  /** {@code 1 / sqrt(h + 1)}, as Huang et al. 2024 do. */
  INVERSE_ROOT("1/sqrt(h+1)");

  private final String yaml;

  HeadInit(String yaml) {
    this.yaml = yaml;
  }

  @Override
  public String yamlName() {
    return yaml;
  }

  public double standardDeviation(int hiddenSize) {
    return switch (this) {
      case ZEROS -> 0;
      case INVERSE -> 1.0 / (hiddenSize + 1);
      case INVERSE_ROOT -> 1.0 / Math.sqrt(hiddenSize + 1);
    };
  }
}
