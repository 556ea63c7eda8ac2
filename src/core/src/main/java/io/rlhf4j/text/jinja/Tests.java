package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What may follow {@code is}. */
final class Tests {

  static final Set<String> NAMES = Set.of("boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even",
      "false", "float", "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt",
      "mapping", "ne", "none", "number", "odd", "sequence", "string", "true", "undefined", "upper");

  private Tests() {}

  static boolean apply(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "boolean" -> value instanceof Boolean;
      case "true" -> value.equals(true);
      case "false" -> value.equals(false);
      case "string" -> value instanceof String;
      case "number" -> Values.isNumber(value);
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map<?, ?>;
      case "callable" -> value instanceof Callable;
      // Jinja's undefined value can be iterated and indexed, so it passes both.
      case "iterable", "sequence" -> value instanceof String || value instanceof List<?> || value instanceof Map<?, ?>
          || value instanceof Undefined;
      case "lower" -> PythonText.str(value).equals(PythonStrings.lower(PythonText.str(value)));
      case "upper" -> PythonText.str(value).equals(PythonStrings.upper(PythonText.str(value)));
      case "odd" -> Math.floorMod(Values.integer(value, "test 'odd' needs an integer"), 2L) == 1;
      case "even" -> Math.floorMod(Values.integer(value, "test 'even' needs an integer"), 2L) == 0;
      case "divisibleby" -> Math.floorMod(Values.integer(value, "test 'divisibleby' needs an integer"),
          arguments.accept(1, "num").integer(0, "num", 1)) == 0;
      default -> Operators.compare(operator(name), value, arguments.accept(1, "other").get(0, "other", None.NONE));
    };
  }

  private static String operator(String name) {
    return switch (name) {
      case "eq", "equalto" -> "==";
      case "ne" -> "!=";
      case "lt", "lessthan" -> "<";
      case "le" -> "<=";
      case "gt", "greaterthan" -> ">";
      case "ge" -> ">=";
      case "in" -> "in";
      default -> throw new Problem("test '" + name + "' is not supported");
    };
  }
}
