package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Draws prompts, none of them twice, and keeps a fifth of all combinations of name, product and problem for the tests. */
final class PromptSource {

  private static final double HELD_OUT = 0.2;
  /** About 500,000 different texts exist; a failure to find a new one for so long means that they are used up. */
  private static final int ATTEMPTS = 1_000;

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
    for (int i = 0; i < ATTEMPTS; i++) {
      CustomerMessage message = messages.get(random.nextInt(messages.size()));
      String text = writer.write(message);
      if (texts.add(text)) {
        return new Drawn(message, text);
      }
    }
    throw new InputException("the task " + QuickstartTask.NAME + " has no more than about " + texts.size()
        + " different prompts; ask for fewer rows");
  }
}
