package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;

/** A conversation taken apart at its last turn, the answer. */
record Answered(List<ChatMessage> prompt, String answer) {

  /** The last of the turns is the answer. */
  static Answered ofTurns(List<ChatMessage> turns) throws BadRow {
    if (turns.size() < 2 || !turns.getLast().isAssistant()) {
      throw new BadRow(SkipReason.BAD_TURNS);
    }
    return new Answered(Turns.checkedPrompt(turns.subList(0, turns.size() - 1)),
        Turns.checkedAnswer(turns.getLast().content()));
  }

  /**
   * An answer beside its prompt.
   *
   * @param answer a text, or messages: the assistant's alone, or the whole conversation once more
   */
  static Answered of(JsonNode prompt, JsonNode answer) throws BadRow {
    List<ChatMessage> before = Turns.ofPrompt(prompt);
    if (!answer.isArray()) {
      return new Answered(before, Turns.checkedAnswer(Turns.text(answer)));
    }
    List<ChatMessage> turns = Turns.ofMessages(answer);
    if (turns.size() == 1) {
      turns = new ArrayList<>(before);
      turns.addAll(Turns.ofMessages(answer));
    }
    Answered whole = ofTurns(turns);
    if (!whole.prompt.equals(before)) {
      throw new BadRow(SkipReason.DIFFERENT_PROMPTS);
    }
    return whole;
  }
}
