package io.rlhf4j.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Filters that give numbers. */
final class NumberFilters {

  private NumberFilters() {}

  static Object apply(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "abs" -> value instanceof Double number ? (Object) Math.abs(number)
          : (Object) Math.abs(Values.integer(value, "filter 'abs' needs a number"));
      case "int" -> integer(value, arguments.accept(0, "default"));
      case "float" -> real(value, arguments.accept(0, "default"));
      case "round" -> round(value, arguments.accept(0, "precision", "method"));
      default -> throw new Problem("filter '" + name + "' is not supported");
    };
  }

  private static Object integer(Object value, Arguments arguments) {
    try {
      return switch (value) {
        case Long number -> number;
        case Boolean truth -> truth ? 1L : 0L;
        case Double number -> (long) (double) number;
        case String text -> text.contains(".") ? (long) Double.parseDouble(text.strip()) : Long.parseLong(text.strip());
        default -> arguments.get(0, "default", 0L);
      };
    } catch (NumberFormatException e) {
      return arguments.get(0, "default", 0L);
    }
  }

  private static Object real(Object value, Arguments arguments) {
    try {
      return switch (value) {
        case Double number -> number;
        case Long number -> (double) number;
        case Boolean truth -> truth ? 1.0 : 0.0;
        case String text -> Double.parseDouble(text.strip());
        default -> arguments.get(0, "default", 0.0);
      };
    } catch (NumberFormatException e) {
      return arguments.get(0, "default", 0.0);
    }
  }

  private static Object round(Object value, Arguments arguments) {
    RoundingMode mode = switch (arguments.text(1, "method", "common")) {
      case "common" -> RoundingMode.HALF_EVEN;
      case "ceil" -> RoundingMode.CEILING;
      case "floor" -> RoundingMode.FLOOR;
      default -> throw new Problem("filter 'round' knows the methods common, ceil and floor");
    };
    if (mode == RoundingMode.HALF_EVEN && value instanceof Long integer) {
      return integer;
    }
    double number = Values.real(value, "filter 'round' needs a number");
    return new BigDecimal(number).setScale((int) arguments.integer(0, "precision", 0), mode).doubleValue();
  }
}
