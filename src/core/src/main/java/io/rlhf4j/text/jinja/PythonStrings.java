package io.rlhf4j.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Strings as Python treats them: its white space, stripping, splitting and escapes. */
final class PythonStrings {

  private static final String SIMPLE_ESCAPES = "\\'\"abfnrtv";
  private static final String SIMPLE_VALUES = "\\'\"\u0007\b\f\n\r\t\u000b";

  private PythonStrings() {}

  /** {@code str.isspace} for one character; all white space is in the basic plane. */
  static boolean isSpace(char c) {
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680
        || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
  }

  static String strip(String text) {
    return stripStart(stripEnd(text));
  }

  static String stripStart(String text) {
    int start = 0;
    while (start < text.length() && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  static String stripEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  /** Strips any of the characters, as {@code str.lstrip(characters)}. */
  static String stripStart(String text, String characters) {
    int start = 0;
    while (start < text.length() && characters.indexOf(text.codePointAt(start)) >= 0) {
      start += Character.charCount(text.codePointAt(start));
    }
    return text.substring(start);
  }

  static String stripEnd(String text, String characters) {
    int end = text.length();
    while (end > 0 && characters.indexOf(text.codePointBefore(end)) >= 0) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  /** {@code str.split()}: runs of white space separate, and none are at the ends. */
  static List<Object> splitOnSpace(String text, long limit) {
    List<Object> parts = new ArrayList<>();
    String rest = stripStart(text);
    while (!rest.isEmpty()) {
      int end = 0;
      while (end < rest.length() && !isSpace(rest.charAt(end))) {
        end++;
      }
      if (limit >= 0 && parts.size() == limit) {
        parts.add(stripEnd(rest));
        return parts;
      }
      parts.add(rest.substring(0, end));
      rest = stripStart(rest.substring(end));
    }
    return parts;
  }

  /** {@code str.split(separator, limit)}; a negative limit is none. */
  static List<Object> split(String text, String separator, long limit) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(separator); at >= 0 && parts.size() != limit; at = text.indexOf(separator, from)) {
      parts.add(text.substring(from, at));
      from = at + separator.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  /** {@code str.rsplit(separator, limit)}. */
  static List<Object> splitFromEnd(String text, String separator, long limit) {
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    for (int at = text.lastIndexOf(separator); at >= 0 && parts.size() != limit;
        at = at == 0 ? -1 : text.lastIndexOf(separator, end - separator.length())) {
      parts.addFirst(text.substring(at + separator.length(), end));
      end = at;
      if (end < separator.length()) {
        break;
      }
    }
    parts.addFirst(text.substring(0, end));
    return parts;
  }

  /** One code point per element. */
  static List<Object> characters(String text) {
    return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    int title = Character.toTitleCase(first);
    String rest = lower(text.substring(Character.charCount(first)));
    // A letter without a capital of its own may still have one of two letters, as the sharp s has.
    String capital = title == first ? upper(Character.toString(first)) : Character.toString(title);
    return capital.substring(0, 1) + (title == first ? lower(capital.substring(1)) : capital.substring(1)) + rest;
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  /** {@code str.title()}: every run of letters starts with a capital and goes on in small letters. */
  static String title(String text) {
    StringBuilder titled = new StringBuilder();
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      titled.append(inWord ? lower(Character.toString(c)) : Character.toString(Character.toTitleCase(c)));
      inWord = Character.isLetter(c);
    }
    return titled.toString();
  }

  /** Appends what the escape after a backslash stands for and returns where it ends. */
  static int unescape(String source, int at, StringBuilder value, int line) {
    char c = source.charAt(at);
    int simple = SIMPLE_ESCAPES.indexOf(c);
    if (simple >= 0) {
      value.append(SIMPLE_VALUES.charAt(simple));
      return at + 1;
    }
    int digits = switch (c) {
      case 'x' -> 2;
      case 'u' -> 4;
      case 'U' -> 8;
      default -> 0;
    };
    if (digits > 0) {
      try {
        value.appendCodePoint(Integer.parseInt(source, at + 1, at + 1 + digits, 16));
        return at + 1 + digits;
      } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
        throw Problem.at(line, "bad escape \\" + c + " in a string; expected " + digits + " hexadecimal digits");
      }
    }
    if (c == '\n') {
      return at + 1;
    }
    if (c >= '0' && c <= '7' || c == 'N') {
      throw Problem.at(line, "string escape \\" + c + " is not supported");
    }
    value.append('\\').append(c);
    return at + 1;
  }
}
