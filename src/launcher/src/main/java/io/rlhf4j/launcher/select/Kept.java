package io.rlhf4j.launcher.select;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/** A row of training data. */
public sealed interface Kept {

  List<ChatMessage> prompt();

  /** What decides which of two equal rows stays, and which quarter of quality a row belongs to. */
  double reward();

  /** The text by which repetitions are told. */
  String text();

  /** An answer to imitate. */
  record Imitation(List<ChatMessage> prompt, String answer, double reward) implements Kept {

    @Override
    public String text() {
      return answer;
    }
  }

  /** A pair to learn from; the better answer first. */
  record Pair(List<ChatMessage> prompt, String chosen, String rejected, double chosenReward, double rejectedReward)
      implements Kept {

    @Override
    public double reward() {
      return chosenReward;
    }

    @Override
    public String text() {
      return chosen + " " + rejected;
    }
  }
}
