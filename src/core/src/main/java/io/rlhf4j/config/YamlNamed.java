package io.rlhf4j.config;

import java.util.Locale;

/** An enum constant whose name in YAML is not simply its own in lower case. */
interface YamlNamed {

  String yamlName();

  /** How a constant is written in YAML. */
  static String of(Enum<?> constant) {
    return constant instanceof YamlNamed named ? named.yamlName() : constant.name().toLowerCase(Locale.ROOT);
  }
}
