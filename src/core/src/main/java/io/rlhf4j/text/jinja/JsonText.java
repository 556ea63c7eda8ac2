package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The {@code tojson} filter: Python's {@code json.dumps}, with {@code ensure_ascii} off unless asked for. */
final class JsonText {

  private final boolean ascii;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sortKeys;
  private final StringBuilder out = new StringBuilder();

  private JsonText(Arguments arguments) {
    this.ascii = arguments.truth(0, "ensure_ascii", false);
    Object width = arguments.get(1, "indent", None.NONE);
    this.indent = switch (width) {
      case None none -> null;
      case String text -> text;
      default -> " ".repeat((int) arguments.integer(1, "indent", 0));
    };
    Object separators = arguments.get(2, "separators", None.NONE);
    boolean given = separators instanceof List<?> list && list.size() == 2;
    this.itemSeparator = given ? PythonText.str(((List<?>) separators).get(0)) : indent == null ? ", " : ",";
    this.keySeparator = given ? PythonText.str(((List<?>) separators).get(1)) : ": ";
    this.sortKeys = arguments.truth(3, "sort_keys", false);
  }

  static String of(Object value, Arguments arguments) {
    JsonText json = new JsonText(arguments.accept(0, "ensure_ascii", "indent", "separators", "sort_keys"));
    json.write(value, 0);
    return json.out.toString();
  }

  private void write(Object value, int depth) {
    switch (value) {
      case String text -> string(text);
      case Map<?, ?> map -> object(map, depth);
      case List<?> list -> array(list, depth);
      case Long number -> out.append(number);
      case Double number -> out.append(real(number));
      case Boolean truth -> out.append(truth);
      case None none -> out.append("null");
      case Undefined undefined -> throw undefined.problem();
      default -> throw new Problem("tojson cannot write a function, loop or namespace");
    }
  }

  private void array(List<?> list, int depth) {
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      separate(i, depth + 1);
      write(list.get(i), depth + 1);
    }
    close(list.isEmpty(), depth, ']');
  }

  private void object(Map<?, ?> map, int depth) {
    Map<?, ?> ordered = map;
    if (sortKeys) {
      TreeMap<Object, Object> sorted = new TreeMap<>(Values::compare);
      sorted.putAll(map);
      ordered = sorted;
    }
    out.append('{');
    int i = 0;
    for (Map.Entry<?, ?> entry : ordered.entrySet()) {
      separate(i++, depth + 1);
      string(key(entry.getKey()));
      out.append(keySeparator);
      write(entry.getValue(), depth + 1);
    }
    close(map.isEmpty(), depth, '}');
  }

  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case Boolean truth -> truth.toString();
      case None none -> "null";
      case Double number -> real(number);
      default -> key.toString();
    };
  }

  private static String real(double number) {
    return Double.isNaN(number) ? "NaN"
        : Double.isInfinite(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.real(number);
  }

  private void separate(int index, int depth) {
    out.append(index == 0 ? "" : itemSeparator);
    newline(depth);
  }

  private void close(boolean empty, int depth, char bracket) {
    if (!empty) {
      newline(depth);
    }
    out.append(bracket);
  }

  private void newline(int depth) {
    if (indent != null) {
      out.append('\n').append(indent.repeat(depth));
    }
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> out.append(c < 0x20 || (ascii && c > 0x7e) ? "\\u%04x".formatted((int) c) : String.valueOf(c));
      }
    }
    out.append('"');
  }
}
