package io.rlhf4j.config;

import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes configuration records as YAML, one key per line, in the order of their components. */
final class RecordYaml {

  private RecordYaml() {}

  static String write(Record record) {
    return write(record, (type, component) -> List.of());
  }

  /** @param comments lines to write above the key of a component */
  static String write(Record record, BiFunction<Class<?>, RecordComponent, List<String>> comments) {
    var out = new StringBuilder();
    append(out, record, "", comments);
    return out.toString();
  }

  private static void append(StringBuilder out, Record record, String indent,
      BiFunction<Class<?>, RecordComponent, List<String>> comments) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = read(component, record);
      if (component.isAnnotationPresent(Inline.class) && value instanceof Record inlined) {
        append(out, inlined, indent, comments);
        continue;
      }
      comments.apply(record.getClass(), component)
          .forEach(line -> out.append((indent + "# " + line).stripTrailing()).append('\n'));
      out.append(indent).append(Keys.snakeCase(component.getName())).append(':');
      if (value instanceof Record section) {
        out.append('\n');
        appendKind(out, section, indent + "  ");
        append(out, section, indent + "  ", comments);
      } else if (value instanceof List<?> list && !list.isEmpty() && list.getFirst() instanceof Record) {
        out.append('\n');
        list.forEach(item -> appendItem(out, (Record) item, indent));
      } else {
        out.append(' ').append(scalar(value)).append('\n');
      }
    }
  }

  private static void appendKind(StringBuilder out, Record record, String indent) {
    if (SealedBinder.hasKind(record.getClass())) {
      out.append(indent).append("kind: ").append(SealedBinder.kindOf(record.getClass())).append('\n');
    }
  }

  /** One section of a list, without comments: its first key stands behind the dash. */
  private static void appendItem(StringBuilder out, Record item, String indent) {
    var lines = new StringBuilder();
    appendKind(lines, item, indent + "    ");
    append(lines, item, indent + "    ", (type, component) -> List.of());
    out.append(indent).append("  - ").append(lines.substring(Math.min(indent.length() + 4, lines.length())));
  }

  private static @Nullable Object read(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }

  private static String scalar(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case Number number -> number.toString().toLowerCase(Locale.ROOT);
      case Boolean truth -> truth.toString();
      case Enum<?> constant -> YamlNamed.of(constant);
      case List<?> list -> list.stream().map(RecordYaml::scalar).collect(Collectors.joining(", ", "[", "]"));
      default -> text(value.toString());
    };
  }

  /**
   * Plain where YAML cannot take the text for anything else, single-quoted otherwise; single quotes would fold line
   * breaks into spaces, so control characters are escaped within double quotes.
   */
  private static String text(String value) {
    if (value.chars().anyMatch(Character::isISOControl)) {
      return escaped(value);
    }
    boolean simple = value.matches("[A-Za-z_./][A-Za-z0-9_./-]*");
    boolean reserved = value.matches("(?i)null|true|false|yes|no|on|off|y|n") || value.matches("\\.+(nan|inf)?");
    return simple && !reserved ? value : "'" + value.replace("'", "''") + "'";
  }

  private static String escaped(String value) {
    var out = new StringBuilder("\"");
    value.chars().forEach(c -> out.append(switch (c) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      default -> Character.isISOControl(c) ? "\\x%02x".formatted(c) : String.valueOf((char) c);
    }));
    return out.append('"').toString();
  }

  static String sha256(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
