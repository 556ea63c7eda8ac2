package io.rlhf4j.text.jinja;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Methods of strings. */
final class StringMethods {

  private StringMethods() {}

  static @Nullable Callable of(String text, String name) {
    return switch (name) {
      case "strip" -> a -> strip(text, a, true, true);
      case "lstrip" -> a -> strip(text, a, true, false);
      case "rstrip" -> a -> strip(text, a, false, true);
      case "split" -> a -> split(text, a, false);
      case "rsplit" -> a -> split(text, a, true);
      case "splitlines" -> a -> splitLines(text, a.accept(0));
      case "startswith" -> a -> any(a.accept(1, "prefix").get(0, "prefix", ""), text::startsWith, a);
      case "endswith" -> a -> any(a.accept(1, "suffix").get(0, "suffix", ""), text::endsWith, a);
      case "upper" -> a -> PythonStrings.upper(text);
      case "lower" -> a -> PythonStrings.lower(text);
      case "capitalize" -> a -> PythonStrings.capitalize(text);
      case "title" -> a -> PythonStrings.title(text);
      case "replace" -> a -> replace(text, a);
      case "find" -> a -> codePoints(text, text.indexOf(a.accept(1, "part").text(0, "part", "")));
      case "rfind" -> a -> codePoints(text, text.lastIndexOf(a.accept(1, "part").text(0, "part", "")));
      case "index" -> a -> index(text, a.accept(1, "part").text(0, "part", ""));
      case "count" -> a -> count(text, a.accept(1, "part").text(0, "part", ""));
      case "join" -> a -> join(text, Values.elements(a.accept(1, "items").get(0, "items", List.of())));
      case "removeprefix" -> a -> {
        String prefix = a.accept(1, "prefix").text(0, "prefix", "");
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
      };
      case "removesuffix" -> a -> {
        String suffix = a.accept(1, "suffix").text(0, "suffix", "");
        return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
      };
      case "partition" -> a -> partition(text, a.accept(1, "separator").text(0, "separator", ""), false);
      case "rpartition" -> a -> partition(text, a.accept(1, "separator").text(0, "separator", ""), true);
      case "isspace" -> a -> all(text, c -> c < 0x10000 && PythonStrings.isSpace((char) c));
      case "isdigit" -> a -> all(text, Character::isDigit);
      case "isalpha" -> a -> all(text, Character::isLetter);
      case "isupper" -> a -> text.equals(PythonStrings.upper(text)) && !text.equals(PythonStrings.lower(text));
      case "islower" -> a -> text.equals(PythonStrings.lower(text)) && !text.equals(PythonStrings.upper(text));
      default -> null;
    };
  }

  private static String strip(String text, Arguments arguments, boolean start, boolean end) {
    Object characters = arguments.accept(0, "characters").get(0, "characters", None.NONE);
    String stripped = text;
    if (characters == None.NONE) {
      stripped = start ? PythonStrings.stripStart(stripped) : stripped;
      return end ? PythonStrings.stripEnd(stripped) : stripped;
    }
    String set = arguments.text(0, "characters", "");
    stripped = start ? PythonStrings.stripStart(stripped, set) : stripped;
    return end ? PythonStrings.stripEnd(stripped, set) : stripped;
  }

  private static Object split(String text, Arguments arguments, boolean fromEnd) {
    long limit = arguments.accept(0, "sep", "maxsplit").integer(1, "maxsplit", -1);
    if (arguments.get(0, "sep", None.NONE) == None.NONE) {
      if (fromEnd && limit >= 0) {
        throw new Problem("rsplit on white space with a limit is not supported");
      }
      return PythonStrings.splitOnSpace(text, limit);
    }
    String separator = arguments.text(0, "sep", "");
    if (separator.isEmpty()) {
      throw new Problem("split needs a separator that is not empty");
    }
    return fromEnd ? PythonStrings.splitFromEnd(text, separator, limit) : PythonStrings.split(text, separator, limit);
  }

  private static Object splitLines(String text, Arguments arguments) {
    List<Object> lines = PythonStrings.split(text.replace("\r\n", "\n").replace('\r', '\n'), "\n", -1);
    if (lines.getLast().equals("")) {
      lines.removeLast();
    }
    return lines;
  }

  private static Object replace(String text, Arguments arguments) {
    String old = arguments.accept(2, "old", "new", "count").text(0, "old", "");
    return replace(text, old, arguments.text(1, "new", ""), arguments.integer(2, "count", -1));
  }

  /** {@code str.replace}; a negative limit is none. */
  static String replace(String text, String old, String replacement, long limit) {
    if (limit < 0) {
      return text.replace(old, replacement);
    }
    if (old.isEmpty()) {
      throw new Problem("replacing the empty string a limited number of times is not supported");
    }
    return String.join(replacement,
        PythonStrings.split(text, old, limit).stream().map(String.class::cast).toList());
  }

  private static Object any(Object wanted, Predicate<String> test, Arguments arguments) {
    if (wanted instanceof Tuple several) {
      return several.stream().anyMatch(one -> one instanceof String text && test.test(text));
    }
    return test.test(arguments.text(0, "prefix", wanted instanceof String text ? text : ""));
  }

  private static long codePoints(String text, int index) {
    return index < 0 ? -1 : text.codePointCount(0, index);
  }

  private static long index(String text, String part) {
    if (!text.contains(part)) {
      throw new Problem("substring " + PythonText.repr(part) + " not found");
    }
    return codePoints(text, text.indexOf(part));
  }

  private static long count(String text, String part) {
    return part.isEmpty() ? Values.length(text) + 1 : PythonStrings.split(text, part, -1).size() - 1L;
  }

  private static String join(String separator, List<?> items) {
    StringBuilder joined = new StringBuilder();
    boolean first = true;
    for (Object item : items) {
      if (!(item instanceof String text)) {
        throw new Problem("join needs strings, not " + PythonText.repr(item));
      }
      joined.append(first ? "" : separator).append(text);
      first = false;
    }
    return joined.toString();
  }

  private static Tuple partition(String text, String separator, boolean last) {
    int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) {
      return new Tuple(last ? List.of("", "", text) : List.of(text, "", ""));
    }
    return new Tuple(List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }
}
