package io.rlhf4j.text.jinja;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions that every chat template may call. */
final class Globals {

  /** A template asks for a few indices at most; this only stops one that would fill the memory. */
  private static final int LONGEST_RANGE = 100_000;

  private Globals() {}

  static Scope scope(Clock clock) {
    Scope scope = new Scope(null);
    scope.set("range", (Callable) Globals::range);
    scope.set("namespace", (Callable) arguments -> new Namespace(entries(arguments)));
    scope.set("dict", (Callable) arguments -> new LinkedHashMap<Object, Object>(entries(arguments)));
    scope.set("raise_exception", (Callable) arguments -> {
      throw new Problem(arguments.accept(1, "message").text(0, "message", ""));
    });
    scope.set("strftime_now", (Callable) arguments -> format(LocalDateTime.now(clock),
        arguments.accept(1, "format").text(0, "format", "")));
    return scope;
  }

  private static Map<String, Object> entries(Arguments arguments) {
    Map<String, Object> entries = new LinkedHashMap<>();
    if (!arguments.positional().isEmpty()) {
      if (arguments.positional().size() > 1 || !(arguments.positional().getFirst() instanceof Map<?, ?> map)) {
        throw new Problem(arguments.callee() + " takes one dictionary and names");
      }
      map.forEach((key, value) -> entries.put(PythonText.str(key), value));
    }
    entries.putAll(arguments.named());
    return entries;
  }

  private static Object range(Arguments arguments) {
    int count = arguments.accept(1, "start", "stop", "step").positional().size();
    long start = count == 1 ? 0 : arguments.integer(0, "start", 0);
    long stop = arguments.integer(count == 1 ? 0 : 1, "stop", 0);
    long step = arguments.integer(2, "step", 1);
    if (step == 0) {
      throw new Problem("range needs a step other than 0");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      if (numbers.size() == LONGEST_RANGE) {
        throw new Problem("range is longer than " + LONGEST_RANGE);
      }
      numbers.add(i);
    }
    return numbers;
  }

  private static String format(LocalDateTime time, String format) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      if (format.charAt(i) != '%') {
        text.append(format.charAt(i));
        continue;
      }
      i++;
      boolean unpadded = i < format.length() && format.charAt(i) == '-';
      i += unpadded ? 1 : 0;
      text.append(field(time, i < format.length() ? format.charAt(i) : ' ', unpadded));
    }
    return text.toString();
  }

  private static String field(LocalDateTime time, char field, boolean unpadded) {
    String pattern = switch (field) {
      case 'Y' -> "uuuu";
      case 'y' -> "uu";
      case 'm' -> "MM";
      case 'B' -> "MMMM";
      case 'b' -> "MMM";
      case 'd' -> "dd";
      case 'j' -> "DDD";
      case 'A' -> "EEEE";
      case 'a' -> "EEE";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'M' -> "mm";
      case 'S' -> "ss";
      case 'p' -> "a";
      case '%' -> "'%'";
      default -> throw new Problem("strftime_now field %" + field + " is not supported");
    };
    String text = DateTimeFormatter.ofPattern(pattern, Locale.US).format(time);
    return unpadded ? text.replaceFirst("^0+(?=.)", "") : text;
  }
}
