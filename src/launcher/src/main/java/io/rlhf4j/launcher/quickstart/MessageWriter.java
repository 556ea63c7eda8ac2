package io.rlhf4j.launcher.quickstart;

import java.util.List;
import java.util.random.RandomGenerator;

/** Puts a customer's message into words, in one of many ways. */
final class MessageWriter {

  static final List<String> OPENINGS = List.of("hi, ", "hello, ", "hi there. ", "");
  static final List<String> SIGNATURES = List.of("i am %s.", "from %s.", "thanks, %s.");
  static final List<String> DETAILS = List.of("it is order %s.", "it was a gift.", "it came last week.");
  private static final int ORDERS = 100;

  private final RandomGenerator random;

  MessageWriter(RandomGenerator random) {
    this.random = random;
  }

  String write(CustomerMessage message) {
    String problem = pick(message.problem().sentences()).formatted(message.product());
    boolean question = problem.startsWith("how") || problem.startsWith("what") || problem.startsWith("can");
    String mood = pick(message.mood().sentences());
    String detail = detail(message.problem());
    String text = random.nextBoolean() ? join(detail, mood) : join(mood, detail);
    // The name comes last: always equally far from the reply's greeting, a small model soon finds it.
    return pick(OPENINGS) + join(join(text, problem + (question ? "?" : ".")),
        pick(SIGNATURES).formatted(message.name()));
  }

  /** Two of five messages give an order number, one any other detail, the rest none. */
  private String detail(Problem problem) {
    int draw = random.nextInt(5);
    if (draw < 2) {
      return DETAILS.getFirst().formatted(Integer.toString(random.nextInt(1, ORDERS)));
    }
    // What is late has not come last week.
    return draw == 2 && problem != Problem.LATE ? pick(DETAILS.subList(1, DETAILS.size())) : "";
  }

  private String pick(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static String join(String first, String second) {
    return first.isEmpty() ? second : second.isEmpty() ? first : first + " " + second;
  }
}
