package io.rlhf4j.reward.kind;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the final answer in a worked solution and compares it with another. */
final class FinalAnswer {

  private static final String BOX = "\\boxed{";
  private static final Pattern HASHES = Pattern.compile("####\\s*([^\\n]+)");
  private static final Pattern ANSWER_IS = Pattern.compile("(?i)answer(?:\\s+is)?\\s*:?\\s*([^\\n]+)");
  private static final Pattern NUMBER = Pattern.compile("[-+]?(?:\\d[\\d,]*\\.?\\d*|\\.\\d+)(?:\\s*/\\s*\\d+)?");
  private static final Pattern FRACTION =
      Pattern.compile("(?:\\\\[dt]?frac\\{(-?\\d+)}\\{(\\d+)}|(-?\\d+)\\s*/\\s*(\\d+))");

  private FinalAnswer() {}

  /** The last {@code \boxed{}}, else what follows the last {@code ####}, else "answer is", else the last number. */
  static Optional<String> in(String solution) {
    return boxed(solution).or(() -> last(HASHES, solution, 1))
        .or(() -> last(ANSWER_IS, solution, 1).map(FinalAnswer::numberOrAll))
        .or(() -> last(NUMBER, solution, 0));
  }

  /** The first group of the last match. */
  static Optional<String> in(String solution, Pattern pattern) {
    return last(pattern, solution, 1);
  }

  /** Whether both say the same: numbers by value, other texts without regard to case, blanks and punctuation marks. */
  static boolean same(String first, String second) {
    Optional<BigDecimal> a = number(first);
    Optional<BigDecimal> b = number(second);
    return a.isPresent() && b.isPresent() ? a.get().compareTo(b.get()) == 0 : plain(first).equals(plain(second));
  }

  /** The content of the last box; braces inside it are counted. */
  private static Optional<String> boxed(String text) {
    int start = text.lastIndexOf(BOX);
    if (start < 0) {
      return Optional.empty();
    }
    int depth = 1;
    for (int i = start + BOX.length(); i < text.length(); i++) {
      depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return Optional.of(text.substring(start + BOX.length(), i).strip());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> last(Pattern pattern, String text, int group) {
    Optional<String> found = Optional.empty();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found = Optional.ofNullable(matcher.group(group)).map(String::strip);
    }
    return found;
  }

  /** {@code "42 apples."} is about the number. */
  private static String numberOrAll(String text) {
    Matcher matcher = NUMBER.matcher(text);
    return matcher.find() ? matcher.group().strip() : text;
  }

  private static Optional<BigDecimal> number(String text) {
    String bare = text.strip().replaceAll("\\\\[,;! ]|[$\\s,]|\\\\%|%$|\\.$", "");
    Matcher fraction = FRACTION.matcher(bare);
    try {
      if (fraction.matches()) {
        boolean latex = fraction.group(1) != null;
        BigDecimal over = new BigDecimal(fraction.group(latex ? 1 : 3));
        BigDecimal under = new BigDecimal(fraction.group(latex ? 2 : 4));
        return under.signum() == 0 ? Optional.empty() : Optional.of(over.divide(under, MathContext.DECIMAL64));
      }
      return bare.length() > 100 ? Optional.empty() : Optional.of(new BigDecimal(bare));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String plain(String text) {
    return text.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s$]+|[.,;:!]+$", "");
  }
}
