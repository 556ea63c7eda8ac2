package io.rlhf4j.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A piece of YAML that remembers where it was written, so that a message about it can say so.
 *
 * <p>Scalars keep their text: the record component that receives a value decides its type, which spares users the
 * surprises of YAML's own typing ({@code 1e-5} is a string there).
 */
sealed interface YamlNode {

  /** {@code "FILE:LINE"}, or the command line option that gave the value. */
  String origin();

  /** @param text null for YAML's null */
  record Scalar(@Nullable String text, String origin) implements YamlNode {}

  record Sequence(List<YamlNode> items, String origin) implements YamlNode {}

  /** Keys in the order in which they were written. */
  record Mapping(Map<String, YamlNode> entries, String origin) implements YamlNode {

    static Mapping empty(String origin) {
      return new Mapping(new LinkedHashMap<>(), origin);
    }

    /** This mapping with the keys of another on top; mappings below are merged the same way. */
    Mapping mergedWith(Mapping upper) {
      var merged = new LinkedHashMap<>(entries);
      upper.entries.forEach((key, value) -> merged.merge(key, value, Mapping::merge));
      return new Mapping(merged, upper.origin);
    }

    private static YamlNode merge(YamlNode lower, YamlNode upper) {
      return lower instanceof Mapping below && upper instanceof Mapping above ? below.mergedWith(above) : upper;
    }
  }

  default String kind() {
    return switch (this) {
      case Scalar(var text, var origin) -> text == null ? "null" : "the value '" + text + "'";
      case Sequence sequence -> "a list";
      case Mapping mapping -> "a section with keys";
    };
  }
}
