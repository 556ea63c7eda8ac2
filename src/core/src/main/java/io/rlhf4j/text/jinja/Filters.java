package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What may follow {@code |}. */
final class Filters {

  static final Set<String> NAMES = Set.of("abs", "capitalize", "count", "d", "default", "dictsort", "first", "float",
      "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
      "replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim",
      "unique", "upper");

  private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");

  private Filters() {}

  static Object apply(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "capitalize" -> PythonStrings.capitalize(PythonText.str(value));
      case "lower" -> PythonStrings.lower(PythonText.str(value));
      case "upper" -> PythonStrings.upper(PythonText.str(value));
      case "title" -> title(PythonText.str(value));
      // Nothing is escaped in chat templates, so that a safe string is a string.
      case "string", "safe" -> PythonText.str(value);
      case "trim" -> trim(PythonText.str(value), arguments.accept(0, "chars"));
      case "replace" -> replace(PythonText.str(value), arguments.accept(2, "old", "new", "count"));
      case "indent" -> indent(PythonText.str(value), arguments.accept(0, "width", "first", "blank"));
      case "tojson" -> JsonText.of(value, arguments);
      case "abs", "int", "float", "round" -> NumberFilters.apply(name, value, arguments);
      case "count", "length" -> Values.length(value);
      case "d", "default" -> byDefault(value, arguments.accept(0, "default_value", "boolean"));
      case "items" -> items(value);
      default -> SequenceFilters.apply(name, value, arguments);
    };
  }

  private static Object byDefault(Object value, Arguments arguments) {
    boolean absent = value instanceof Undefined || (arguments.truth(1, "boolean", false) && !Values.truth(value));
    return absent ? arguments.get(0, "default_value", "") : value;
  }

  private static List<Object> items(Object value) {
    return switch (value) {
      case Undefined undefined -> List.of();
      case Map<?, ?> map -> Members.items(map);
      default -> throw new Problem("filter 'items' needs a dictionary, not " + PythonText.repr(value));
    };
  }

  /** Jinja's own rule: capitals after white space, hyphens and opening brackets only. */
  private static String title(String text) {
    return TITLE_WORD.matcher(text)
        .replaceAll(word -> Matcher.quoteReplacement(PythonStrings.capitalize(word.group())));
  }

  private static String trim(String text, Arguments arguments) {
    if (arguments.get(0, "chars", None.NONE) == None.NONE) {
      return PythonStrings.strip(text);
    }
    String characters = arguments.text(0, "chars", "");
    return PythonStrings.stripStart(PythonStrings.stripEnd(text, characters), characters);
  }

  private static String replace(String text, Arguments arguments) {
    String old = PythonText.str(arguments.get(0, "old", ""));
    String replacement = PythonText.str(arguments.get(1, "new", ""));
    Object count = arguments.get(2, "count", None.NONE);
    return StringMethods.replace(text, old, replacement, count == None.NONE ? -1 : arguments.integer(2, "count", -1));
  }

  private static String indent(String text, Arguments arguments) {
    Object width = arguments.get(0, "width", 4L);
    String margin = width instanceof String given ? given : " ".repeat((int) arguments.integer(0, "width", 4));
    boolean blank = arguments.truth(2, "blank", false);
    StringBuilder indented = new StringBuilder(arguments.truth(1, "first", false) ? margin : "");
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean margined = i > 0 && (blank || !lines[i].isEmpty());
      indented.append(i > 0 ? "\n" : "").append(margined ? margin : "").append(lines[i]);
    }
    return indented.toString();
  }

  /** Orders strings without regard to case unless asked otherwise, as Jinja's sorting filters do. */
  static Comparator<Object> order(boolean caseSensitive) {
    return (a, b) -> Values.compare(caseSensitive ? a : folded(a), caseSensitive ? b : folded(b));
  }

  static Object folded(Object value) {
    return value instanceof String text ? PythonStrings.lower(text) : value;
  }

  static List<Object> sorted(List<?> values, Comparator<Object> order, boolean reverse) {
    List<Object> sorted = new ArrayList<>(values);
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }
}
