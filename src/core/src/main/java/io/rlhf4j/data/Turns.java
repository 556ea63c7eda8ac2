package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conversations out of the forms in which data sets write them. */
final class Turns {

  /** The form of the hh-rlhf data set: a blank line and the speaker begin every turn. */
  private static final Pattern SPEAKER = Pattern.compile("(?:^|\\n)\\s*\\n(Human|Assistant):");

  private Turns() {}

  static boolean isDialogue(String text) {
    Matcher matcher = SPEAKER.matcher(text);
    return matcher.find() && matcher.group(1).equals("Human") && text.substring(0, matcher.start()).isBlank();
  }

  /** Splits a dialogue; turns of one speaker that follow each other become one turn. */
  static List<ChatMessage> ofDialogue(String text) throws BadRow {
    if (!isDialogue(text)) {
      throw new BadRow(SkipReason.BAD_TURNS);
    }
    var turns = new ArrayList<ChatMessage>();
    Matcher matcher = SPEAKER.matcher(text);
    boolean found = matcher.find();
    while (found) {
      String role = matcher.group(1).equals("Human") ? ChatMessage.USER : ChatMessage.ASSISTANT;
      int start = matcher.end();
      found = matcher.find();
      add(turns, new ChatMessage(role, text.substring(start, found ? matcher.start() : text.length()).strip()));
    }
    return turns;
  }

  private static void add(List<ChatMessage> turns, ChatMessage turn) {
    if (turns.isEmpty() || !turns.getLast().role().equals(turn.role())) {
      turns.add(turn);
    } else {
      ChatMessage before = turns.removeLast();
      turns.add(new ChatMessage(turn.role(), (before.content() + "\n\n" + turn.content()).strip()));
    }
  }

  /** A list of objects with {@code role} and {@code content}. */
  static List<ChatMessage> ofMessages(JsonNode list) throws BadRow {
    var turns = new ArrayList<ChatMessage>();
    for (JsonNode item : list) {
      JsonNode role = item.path("role");
      JsonNode content = item.path("content");
      if (!role.isTextual() || role.textValue().isBlank() || !content.isTextual()) {
        throw new BadRow(SkipReason.BAD_VALUE);
      }
      turns.add(new ChatMessage(role.textValue(), content.textValue()));
    }
    return turns;
  }

  /** The prompt of a row: a text, a dialogue that waits for its answer, or a list of messages. */
  static List<ChatMessage> ofPrompt(JsonNode prompt) throws BadRow {
    if (prompt.isArray()) {
      return checkedPrompt(ofMessages(prompt));
    }
    String text = text(prompt);
    if (!isDialogue(text)) {
      return checkedPrompt(List.of(ChatMessage.user(text)));
    }
    List<ChatMessage> turns = ofDialogue(text);
    boolean waits = turns.getLast().isAssistant() && turns.getLast().content().isEmpty();
    return checkedPrompt(waits ? turns.subList(0, turns.size() - 1) : turns);
  }

  /**
   * A conversation that may be answered: no empty turn, the last one by the user. An empty system turn says nothing and
   * is left out; many data sets have one in every row.
   */
  static List<ChatMessage> checkedPrompt(List<ChatMessage> all) throws BadRow {
    List<ChatMessage> turns = all.stream()
        .filter(turn -> !(turn.role().equals(ChatMessage.SYSTEM) && turn.content().isBlank())).toList();
    if (turns.isEmpty() || turns.stream().anyMatch(turn -> turn.content().isBlank())) {
      throw new BadRow(SkipReason.EMPTY_PROMPT);
    }
    if (!turns.getLast().role().equals(ChatMessage.USER)) {
      throw new BadRow(SkipReason.BAD_TURNS);
    }
    return turns;
  }

  static String checkedAnswer(String text) throws BadRow {
    if (text.isBlank()) {
      throw new BadRow(SkipReason.EMPTY_ANSWER);
    }
    return text;
  }

  static String text(JsonNode node) throws BadRow {
    if (!node.isTextual()) {
      throw new BadRow(node.isMissingNode() || node.isNull() ? SkipReason.MISSING_KEY : SkipReason.BAD_VALUE);
    }
    return node.textValue();
  }
}
