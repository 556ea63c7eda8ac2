package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's rules for values. A value is a {@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@link List},
 * {@link Map}, {@link None}, {@link Undefined}, {@link Namespace}, {@link Loop} or {@link Callable}.
 */
final class Values {

  private Values() {}

  /** A value given from outside in the form used inside. */
  static Object of(@Nullable Object given) {
    return switch (given) {
      case null -> None.NONE;
      case Float number -> number.doubleValue();
      case Double number -> number;
      case Number number -> number.longValue();
      case Map<?, ?> map -> {
        Map<Object, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(of(key), of(value)));
        yield copy;
      }
      case List<?> list -> new ArrayList<Object>(list.stream().map(Values::of).toList());
      default -> given;
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case None none -> false;
      case Undefined undefined -> false;
      default -> true;
    };
  }

  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  /** An integer, where Python counts {@code True} as 1. */
  static long integer(Object value, String need) {
    return switch (value) {
      case Long number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case Undefined undefined -> throw undefined.problem();
      default -> throw new Problem(need + ", not " + PythonText.repr(value));
    };
  }

  static double real(Object value, String need) {
    return value instanceof Double number ? number : integer(value, need);
  }

  static boolean equal(Object left, Object right) {
    if (isNumber(left) && isNumber(right)) {
      return left instanceof Double || right instanceof Double ? real(left, "") == real(right, "")
          : integer(left, "") == integer(right, "");
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return (a instanceof Tuple) == (b instanceof Tuple) && a.size() == b.size() && equalElements(a, b);
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return a.keySet().equals(b.keySet()) && a.keySet().stream().allMatch(key -> equal(a.get(key), b.get(key)));
    }
    return left.equals(right) || (left instanceof Undefined && right instanceof Undefined);
  }

  private static boolean equalElements(List<?> a, List<?> b) {
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  static int compare(Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      return Long.compare(a, b);
    }
    if (isNumber(left) && isNumber(right)) {
      return Double.compare(real(left, ""), real(right, ""));
    }
    if (left instanceof String a && right instanceof String b) {
      return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(a.get(i), b.get(i))) {
          return compare(a.get(i), b.get(i));
        }
      }
      return Integer.compare(a.size(), b.size());
    }
    throw refuse(left, right, "are not ordered");
  }

  /** {@code item in container}. */
  static boolean contains(Object container, Object item) {
    return switch (container) {
      case String text when item instanceof String part -> text.contains(part);
      case Map<?, ?> map -> map.containsKey(item);
      case List<?> list -> list.stream().anyMatch(element -> equal(element, item));
      case Undefined undefined -> false;
      default -> throw refuse(item, container, "cannot be used with 'in'");
    };
  }

  /** What a loop over the value runs through: elements, keys or characters. */
  static List<?> elements(Object value) {
    return switch (value) {
      case List<?> list -> list;
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String text -> PythonStrings.characters(text);
      case Undefined undefined -> List.of();
      default -> throw new Problem(PythonText.repr(value) + " is not iterable");
    };
  }

  static long length(Object value) {
    return switch (value) {
      case String text -> text.codePointCount(0, text.length());
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case Undefined undefined -> 0;
      default -> throw new Problem(PythonText.repr(value) + " has no length");
    };
  }

  /** Element, value or character under a key; null if there is none. */
  static @Nullable Object item(Object owner, Object key) {
    return switch (owner) {
      case Map<?, ?> map -> map.get(key);
      case List<?> list when key instanceof Long index -> element(list, index);
      case String text when key instanceof Long index -> element(PythonStrings.characters(text), index);
      case Undefined undefined -> throw undefined.problem();
      default -> null;
    };
  }

  private static @Nullable Object element(List<?> list, long index) {
    long position = index < 0 ? index + list.size() : index;
    return position >= 0 && position < list.size() ? list.get((int) position) : null;
  }

  /** {@code owner[start:stop:step]}, where null is an omitted bound. */
  static Object slice(Object owner, @Nullable Long start, @Nullable Long stop, @Nullable Long step) {
    List<?> all = switch (owner) {
      case String text -> PythonStrings.characters(text);
      case List<?> list -> list;
      case Undefined undefined -> throw undefined.problem();
      default -> throw new Problem(PythonText.repr(owner) + " cannot be sliced");
    };
    long stride = step == null ? 1 : step;
    if (stride == 0) {
      throw new Problem("slice step cannot be zero");
    }
    long low = stride < 0 ? -1 : 0;
    long high = stride < 0 ? all.size() - 1 : all.size();
    long from = start == null ? (stride < 0 ? high : low) : bound(start, all.size(), low, high);
    long to = stop == null ? (stride < 0 ? low : high) : bound(stop, all.size(), low, high);
    List<Object> taken = new ArrayList<>();
    for (long i = from; stride < 0 ? i > to : i < to; i += stride) {
      taken.add(all.get((int) i));
    }
    if (owner instanceof String) {
      return String.join("", taken.stream().map(String.class::cast).toList());
    }
    return owner instanceof Tuple ? new Tuple(taken) : taken;
  }

  private static long bound(long index, int size, long low, long high) {
    return Math.clamp(index < 0 ? index + size : index, low, high);
  }

  static Problem refuse(Object left, Object right, String why) {
    if (left instanceof Undefined undefined) {
      return undefined.problem();
    }
    if (right instanceof Undefined undefined) {
      return undefined.problem();
    }
    return new Problem(PythonText.repr(left) + " and " + PythonText.repr(right) + " " + why);
  }
}
