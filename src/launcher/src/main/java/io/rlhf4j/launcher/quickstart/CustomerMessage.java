package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a message says: the attributes that a good reply depends on.
 *
 * @param name the customer's first name
 * @param product what was bought
 * @param problem what the message is about
 * @param mood how it is written
 */
record CustomerMessage(String name, String product, Problem problem, Mood mood) {

  static final List<String> NAMES = List.of("tom", "ana", "ben", "mia", "sam", "eva", "leo", "zoe", "max", "kim");
  static final List<String> PRODUCTS = List.of("lamp", "desk", "mug", "bag", "bike", "clock", "chair", "tent");

  /**
   * Reads the attributes back from a message.
   *
   * @throws InputException if the text does not hold exactly one of each
   */
  static CustomerMessage parse(String text) {
    Wording wording = Wording.of(text);
    return new CustomerMessage(
        only("name", text, NAMES, wording::has),
        only("product", text, PRODUCTS, wording::has),
        only("problem", text, List.of(Problem.values()), problem -> wording.hasAny(problem.cues())),
        only("mood", text, List.of(Mood.values()), mood -> mood.sentences().stream()
            .anyMatch(sentence -> wording.has(String.join(" ", Wording.of(sentence).words())))));
  }

  /** Every message there can be, in a fixed order. Nobody who only asks a question is upset. */
  static List<CustomerMessage> all() {
    List<CustomerMessage> all = new ArrayList<>();
    for (String name : NAMES) {
      for (String product : PRODUCTS) {
        for (Problem problem : Problem.values()) {
          Arrays.stream(Mood.values()).filter(mood -> problem.isComplaint() || mood != Mood.UPSET)
              .forEach(mood -> all.add(new CustomerMessage(name, product, problem, mood)));
        }
      }
    }
    return all;
  }

  private static <T> T only(String what, String text, List<T> candidates, Predicate<T> isIn) {
    List<T> found = candidates.stream().filter(isIn).toList();
    if (found.size() != 1) {
      throw new InputException("the prompt '" + text + "' has " + found.size() + " words for a " + what
          + "; a prompt of the task " + QuickstartTask.NAME + " has exactly one");
    }
    return found.getFirst();
  }
}
