package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic on numbers, strings and lists. */
final class Operators {

  private Operators() {}

  static Object apply(String operator, Object left, Object right) {
    if (operator.equals("~")) {
      return PythonText.str(left) + PythonText.str(right);
    }
    if (operator.equals("+") && left instanceof String a && right instanceof String b) {
      return a + b;
    }
    if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b
        && (a instanceof Tuple) == (b instanceof Tuple)) {
      List<Object> joined = new ArrayList<>(a);
      joined.addAll(b);
      return a instanceof Tuple ? new Tuple(joined) : joined;
    }
    if (operator.equals("*") && left instanceof String text && right instanceof Long times) {
      return text.repeat((int) Math.clamp(times, 0, Integer.MAX_VALUE));
    }
    if (operator.equals("*") && left instanceof Long times && right instanceof String text) {
      return text.repeat((int) Math.clamp(times, 0, Integer.MAX_VALUE));
    }
    if (!Values.isNumber(left) || !Values.isNumber(right)) {
      throw Values.refuse(left, right, "cannot be combined by '" + operator + "'");
    }
    return left instanceof Double || right instanceof Double || operator.equals("/")
        ? reals(operator, Values.real(left, ""), Values.real(right, ""))
        : integers(operator, Values.integer(left, ""), Values.integer(right, ""));
  }

  static Object negate(Object value) {
    return value instanceof Double number ? -number : apply("-", 0L, value);
  }

  private static Object integers(String operator, long a, long b) {
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      case "**" -> b < 0 ? (Object) Math.pow(a, b) : (Object) power(a, b);
      default -> throw new Problem("operator '" + operator + "' is not supported");
    };
  }

  private static long power(long base, long exponent) {
    long result = 1;
    for (long i = 0; i < exponent; i++) {
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  private static Object reals(String operator, double a, double b) {
    if (b == 0 && List.of("/", "//", "%").contains(operator)) {
      throw new Problem("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      case "**" -> Math.pow(a, b);
      default -> throw new Problem("operator '" + operator + "' is not supported");
    };
  }

  static boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Values.equal(left, right);
      case "!=" -> !Values.equal(left, right);
      case "<" -> Values.compare(left, right) < 0;
      case "<=" -> Values.compare(left, right) <= 0;
      case ">" -> Values.compare(left, right) > 0;
      case ">=" -> Values.compare(left, right) >= 0;
      case "in" -> Values.contains(right, left);
      case "not in" -> !Values.contains(right, left);
      default -> throw new Problem("operator '" + operator + "' is not supported");
    };
  }
}
