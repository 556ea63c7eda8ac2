package io.rlhf4j.reward.kind;

import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a judge has decided: always the last mark of its text. */
final class Verdict {

  private static final Pattern CHOICE = Pattern.compile("\\[\\[([ABC])]]");
  private static final Pattern GRADE = Pattern.compile("\\[\\[(\\d+(?:\\.\\d+)?)]]");

  private Verdict() {}

  /** 1 for [[A]], 0 for [[B]], 0.5 for [[C]]; empty if there is none. */
  static OptionalDouble choice(String text) {
    String last = last(CHOICE, text);
    return switch (last) {
      case "A" -> OptionalDouble.of(1);
      case "B" -> OptionalDouble.of(0);
      case "C" -> OptionalDouble.of(0.5);
      default -> OptionalDouble.empty();
    };
  }

  /** A grade from 1 to 5; empty if there is none. */
  static OptionalDouble grade(String text) {
    String last = last(GRADE, text);
    if (last.isEmpty()) {
      return OptionalDouble.empty();
    }
    double grade = Double.parseDouble(last);
    return grade >= 1 && grade <= 5 ? OptionalDouble.of(grade) : OptionalDouble.empty();
  }

  private static String last(Pattern pattern, String text) {
    String last = "";
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      last = matcher.group(1);
    }
    return last;
  }
}
