package io.rlhf4j.config;

import java.util.List;
import java.util.Locale;

/** An enum constant whose name in YAML is not simply its own in lower case, or that has more than one. */
public interface YamlNamed {

  /** The name that is written. */
  String yamlName();

  /** Other names that are understood. */
  default List<String> yamlAliases() {
    return List.of();
  }

  /** How a constant is written in YAML. */
  static String of(Enum<?> constant) {
    return constant instanceof YamlNamed named ? named.yamlName() : constant.name().toLowerCase(Locale.ROOT);
  }

  /** Whether {@code text} means the constant. */
  static boolean matches(Enum<?> constant, String text) {
    return of(constant).equals(text) || constant instanceof YamlNamed named && named.yamlAliases().contains(text);
  }
}
