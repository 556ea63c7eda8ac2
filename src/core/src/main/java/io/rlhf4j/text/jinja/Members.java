package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attributes and methods of values. Methods of Python that are not here are refused, not taken for missing keys. */
final class Members {

  private static final Set<String> OTHER_STRING_METHODS = Set.of("casefold", "center", "encode", "expandtabs", "format",
      "format_map", "isalnum", "isascii", "isdecimal", "isidentifier", "isnumeric", "isprintable", "istitle", "ljust",
      "maketrans", "rindex", "rjust", "swapcase", "translate", "zfill");
  private static final Set<String> OTHER_LIST_METHODS =
      Set.of("append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort");
  private static final Set<String> OTHER_MAP_METHODS =
      Set.of("clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update");

  private Members() {}

  /** The attribute or bound method, or null if values of this type have none of the name. */
  static @Nullable Object of(Object owner, String name) {
    if (name.startsWith("_")) {
      throw new Problem("attribute '" + name + "' is not accessible to templates");
    }
    return switch (owner) {
      case Undefined undefined -> throw undefined.problem();
      case String text -> refused(OTHER_STRING_METHODS, "string", name, StringMethods.of(text, name));
      case List<?> list -> refused(OTHER_LIST_METHODS, "list", name, ofList(list, name));
      case Map<?, ?> map -> refused(OTHER_MAP_METHODS, "dictionary", name, ofMap(map, name));
      case Loop loop -> loop.attribute(name);
      case Namespace namespace -> namespace.get(name);
      default -> null;
    };
  }

  private static @Nullable Object refused(Set<String> others, String type, String name, @Nullable Callable method) {
    if (method == null && others.contains(name)) {
      return (Callable) arguments -> {
        throw new Problem("the " + type + " method '" + name + "' is not supported");
      };
    }
    return method;
  }

  private static @Nullable Callable ofMap(Map<?, ?> map, String name) {
    return switch (name) {
      case "get" -> arguments -> {
        Object value = map.get(arguments.accept(1, "key", "default").get(0, "key", None.NONE));
        return value == null ? arguments.get(1, "default", None.NONE) : value;
      };
      case "keys" -> arguments -> new ArrayList<>(map.keySet());
      case "values" -> arguments -> new ArrayList<>(map.values());
      case "items" -> arguments -> items(map);
      default -> null;
    };
  }

  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(new Tuple(List.of(key, value))));
    return items;
  }

  private static @Nullable Callable ofList(List<?> list, String name) {
    return switch (name) {
      case "count" -> arguments -> {
        Object value = arguments.accept(1, "value").get(0, "value", None.NONE);
        return list.stream().filter(element -> Values.equal(element, value)).count();
      };
      case "index" -> arguments -> {
        Object value = arguments.accept(1, "value").get(0, "value", None.NONE);
        for (int i = 0; i < list.size(); i++) {
          if (Values.equal(list.get(i), value)) {
            return (long) i;
          }
        }
        throw new Problem(PythonText.repr(value) + " is not in the list");
      };
      default -> null;
    };
  }
}
