package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Filters over the elements of a list, the keys of a dictionary or the characters of a string. */
final class SequenceFilters {

  private SequenceFilters() {}

  static Object apply(String name, Object value, Arguments arguments) {
    List<?> items = Values.elements(value);
    return switch (name) {
      case "list" -> new ArrayList<>(items);
      case "first" -> items.isEmpty() ? new Undefined("the first item of nothing") : items.getFirst();
      case "last" -> items.isEmpty() ? new Undefined("the last item of nothing") : items.getLast();
      case "join" -> join(items, arguments.accept(0, "d", "attribute"));
      case "reverse" -> value instanceof String text ? new StringBuilder(text).reverse().toString() : items.reversed();
      case "dictsort" -> dictSort(value, arguments.accept(0, "case_sensitive", "by", "reverse"));
      case "sort" -> sort(items, arguments.accept(0, "reverse", "case_sensitive", "attribute"));
      case "unique" -> unique(items, arguments.accept(0, "case_sensitive"));
      case "max" -> extreme(items, Filters.order(arguments.truth(0, "case_sensitive", false)));
      case "min" -> extreme(items, Filters.order(arguments.truth(0, "case_sensitive", false)).reversed());
      case "sum" -> sum(items, arguments.accept(0, "attribute", "start"));
      case "map" -> map(items, arguments);
      case "select" -> items.stream().filter(test(arguments, 0)).collect(Collectors.toCollection(ArrayList::new));
      case "reject" -> items.stream().filter(test(arguments, 0).negate())
          .collect(Collectors.toCollection(ArrayList::new));
      case "selectattr" -> byAttribute(items, arguments, false);
      case "rejectattr" -> byAttribute(items, arguments, true);
      default -> throw new Problem("filter '" + name + "' is not supported");
    };
  }

  private static String join(List<?> items, Arguments arguments) {
    Object attribute = arguments.get(1, "attribute", None.NONE);
    return items.stream().map(item -> PythonText.str(attribute == None.NONE ? item : attribute(item, attribute)))
        .collect(Collectors.joining(PythonText.str(arguments.get(0, "d", ""))));
  }

  private static Object dictSort(Object value, Arguments arguments) {
    if (!(value instanceof Map<?, ?> map)) {
      throw new Problem("filter 'dictsort' needs a dictionary, not " + PythonText.repr(value));
    }
    int position = switch (arguments.text(1, "by", "key")) {
      case "key" -> 0;
      case "value" -> 1;
      default -> throw new Problem("filter 'dictsort' sorts by 'key' or 'value'");
    };
    Comparator<Object> order = Filters.order(arguments.truth(0, "case_sensitive", false));
    Comparator<Object> byPosition = (a, b) -> order.compare(((Tuple) a).get(position), ((Tuple) b).get(position));
    return Filters.sorted(Members.items(map), byPosition, arguments.truth(2, "reverse", false));
  }

  private static Object sort(List<?> items, Arguments arguments) {
    Comparator<Object> order = Filters.order(arguments.truth(1, "case_sensitive", false));
    Object attribute = arguments.get(2, "attribute", None.NONE);
    Comparator<Object> byAttribute = attribute == None.NONE ? order
        : (a, b) -> order.compare(attribute(a, attribute), attribute(b, attribute));
    return Filters.sorted(items, byAttribute, arguments.truth(0, "reverse", false));
  }

  private static Object unique(List<?> items, Arguments arguments) {
    boolean caseSensitive = arguments.truth(0, "case_sensitive", false);
    Set<Object> seen = new HashSet<>();
    return items.stream().filter(item -> seen.add(caseSensitive ? item : Filters.folded(item)))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Object extreme(List<?> items, Comparator<Object> order) {
    Object best = new Undefined("the largest or smallest of nothing");
    for (Object item : items) {
      best = best instanceof Undefined || order.compare(item, best) > 0 ? item : best;
    }
    return best;
  }

  private static Object sum(List<?> items, Arguments arguments) {
    Object attribute = arguments.get(0, "attribute", None.NONE);
    Object total = arguments.get(1, "start", 0L);
    for (Object item : items) {
      total = Operators.apply("+", total, attribute == None.NONE ? item : attribute(item, attribute));
    }
    return total;
  }

  private static Object map(List<?> items, Arguments arguments) {
    List<Object> mapped = new ArrayList<>();
    if (arguments.positional().isEmpty()) {
      Object attribute = arguments.accept(0, "attribute", "default").get(0, "attribute", "");
      for (Object item : items) {
        Object found = attribute(item, attribute);
        mapped.add(found instanceof Undefined ? arguments.get(1, "default", found) : found);
      }
      return mapped;
    }
    String filter = arguments.text(0, "filter", "");
    if (!Filters.NAMES.contains(filter)) {
      throw new Problem("filter '" + filter + "' is not supported");
    }
    Arguments rest = new Arguments(filter, arguments.positional().subList(1, arguments.positional().size()),
        arguments.named());
    items.forEach(item -> mapped.add(Filters.apply(filter, item, rest)));
    return mapped;
  }

  private static Object byAttribute(List<?> items, Arguments arguments, boolean rejecting) {
    if (arguments.positional().isEmpty()) {
      throw new Problem("filter '" + arguments.callee() + "' needs the name of an attribute");
    }
    Object attribute = arguments.positional().getFirst();
    Predicate<Object> test = test(arguments, 1);
    return items.stream().filter(item -> test.test(attribute(item, attribute)) != rejecting)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /** The test that is named at the position, or truth where none is named. */
  private static Predicate<Object> test(Arguments arguments, int position) {
    List<Object> given = arguments.positional();
    if (given.size() <= position) {
      return Values::truth;
    }
    String test = arguments.text(position, "test", "");
    String name = switch (test) {
      case "==" -> "eq";
      case "!=" -> "ne";
      case "<" -> "lt";
      case "<=" -> "le";
      case ">" -> "gt";
      case ">=" -> "ge";
      default -> test;
    };
    if (!Tests.NAMES.contains(name)) {
      throw new Problem("test '" + test + "' is not supported");
    }
    Arguments rest = new Arguments(name, given.subList(position + 1, given.size()), arguments.named());
    return value -> Tests.apply(name, value, rest);
  }

  /** An item of an item, where dots lead further inside. */
  private static Object attribute(Object item, Object attribute) {
    Object value = item;
    for (Object part : attribute instanceof String path ? PythonStrings.split(path, ".", -1) : List.of(attribute)) {
      Object key = part instanceof String text && text.matches("\\d+") ? Long.valueOf(text) : part;
      Object inner = Values.item(value, key);
      value = inner == null ? new Undefined("'" + part + "'") : inner;
    }
    return value;
  }
}
