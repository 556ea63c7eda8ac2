package io.rlhf4j.text.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** How Python writes values: {@code str} and {@code repr}. */
final class PythonText {

  private PythonText() {}

  static String str(Object value) {
    return switch (value) {
      case String text -> text;
      case Undefined undefined -> "";
      default -> repr(value);
    };
  }

  static String repr(Object value) {
    return switch (value) {
      case String text -> quoted(text);
      case Boolean truth -> truth ? "True" : "False";
      case Long number -> number.toString();
      case Double number -> real(number);
      case None none -> "None";
      case Undefined undefined -> "Undefined";
      case Tuple tuple -> "(" + elements(tuple) + (tuple.size() == 1 ? ",)" : ")");
      case List<?> list -> "[" + elements(list) + "]";
      case Map<?, ?> map -> map.entrySet().stream().map(e -> repr(e.getKey()) + ": " + repr(e.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
      case Namespace namespace -> throw new Problem("a namespace cannot be written");
      default -> throw new Problem("a function or loop cannot be written");
    };
  }

  private static String elements(List<?> list) {
    return list.stream().map(PythonText::repr).collect(Collectors.joining(", "));
  }

  /** Shortest digits that read back as the same number; scientific below 1e-4 and from 1e16 on. */
  static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = digits.movePointLeft(exponent).stripTrailingZeros().toPlainString();
    return mantissa + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
  }

  private static String quoted(String text) {
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    StringBuilder quoted = new StringBuilder().append(quote);
    text.codePoints().forEach(c -> {
      switch (c) {
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\\' -> quoted.append("\\\\");
        default -> appendCharacter(quoted, c, quote);
      }
    });
    return quoted.append(quote).toString();
  }

  private static void appendCharacter(StringBuilder quoted, int c, char quote) {
    if (c == quote) {
      quoted.append('\\').append(quote);
    } else if (isPrintable(c)) {
      quoted.appendCodePoint(c);
    } else if (c < 0x100) {
      quoted.append("\\x%02x".formatted(c));
    } else {
      quoted.append(c < 0x10000 ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c));
    }
  }

  private static boolean isPrintable(int c) {
    return c == ' ' || switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
          Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
      default -> true;
    };
  }
}
