package io.rlhf4j.config;

import java.util.List;

/** How gradients become changes of the weights; the names are those of transformers' {@code optim}. */
public enum OptimizerType implements YamlNamed {

  /** AdamW (Loshchilov and Hutter 2019): two moments for each weight. */
  ADAMW("adamw_torch", "adamw_torch_fused", "adamw"),

  /** AdamW with both moments in 8 bits (Dettmers et al. 2022), a quarter of their memory. */
  ADAMW_8BIT("adamw_8bit", "adamw_bnb_8bit"),

  /** Adafactor (Shazeer and Stern 2018) with a given learning rate: a row and a column for each matrix. */
  ADAFACTOR("adafactor"),

  /** Lion (Chen et al. 2023): the sign of one moment. */
  LION("lion_32bit", "lion"),

  /** Lion with its moment in 8 bits. */
  LION_8BIT("lion_8bit"),

  /** RMSprop: a mean of squares, and a velocity with momentum. */
  RMSPROP("rmsprop"),

  /** Adagrad: a sum of squares. */
  ADAGRAD("adagrad"),

  /** Gradient descent, with a velocity if there is momentum. */
  SGD("sgd");

  private final String yamlName;
  private final List<String> aliases;

  OptimizerType(String yamlName, String... aliases) {
    this.yamlName = yamlName;
    this.aliases = List.of(aliases);
  }

  @Override
  public String yamlName() {
    return yamlName;
  }

  @Override
  public List<String> yamlAliases() {
    return aliases;
  }
}
