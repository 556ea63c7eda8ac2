package io.rlhf4j.launcher.quickstart;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Draws prompts, none of them twice, and keeps a fifth of all combinations of name, product and problem for the tests.
 * More than ten million texts exist, so that {@link TaskSizes#MAX_ROWS} a file never use them up.
 */
final class PromptSource {

  private static final double HELD_OUT = 0.2;
  /**
   * A prompt.
   *
   * @param message what it says
   * @param text how it says it
   */
  record Drawn(CustomerMessage message, String text) {}

  private final SplittableRandom random;
  private final MessageWriter writer;
  private final List<CustomerMessage> training = new ArrayList<>();
  private final List<CustomerMessage> heldOut = new ArrayList<>();
  private final Set<String> texts = new HashSet<>();

  PromptSource(SplittableRandom random) {
    this.random = random;
    this.writer = new MessageWriter(random.split());
    Set<List<Object>> kept = new HashSet<>();
    Set<List<Object>> seen = new HashSet<>();
    for (CustomerMessage message : CustomerMessage.all()) {
      List<Object> combination = List.of(message.name(), message.product(), message.problem());
      if (seen.add(combination) && random.nextDouble() < HELD_OUT) {
        kept.add(combination);
      }
      (kept.contains(combination) ? heldOut : training).add(message);
    }
  }

  Drawn next(boolean fromHeldOut) {
    List<CustomerMessage> messages = fromHeldOut ? heldOut : training;
    while (true) {
      CustomerMessage message = messages.get(random.nextInt(messages.size()));
      String text = writer.write(message);
      if (texts.add(text)) {
        return new Drawn(message, text);
      }
    }
  }
}
