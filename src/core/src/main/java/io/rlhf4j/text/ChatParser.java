package io.rlhf4j.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the text that a chat template wrote back into messages, for those who only get the text: a reward role that is
 * sent token ids, a service that is sent a query.
 *
 * <p>The template's own marks are found by rendering sample conversations. What is read is rendered again and compared;
 * a text that does not come out the same is refused rather than guessed at.
 */
public final class ChatParser {

  /** Contents that no template writes by itself. */
  private static final String FIRST = "\u0001first\u0001";
  private static final String SECOND = "\u0001second\u0001";
  private static final String THIRD = "\u0001third\u0001";

  private final ChatRenderer renderer;
  private final String start;
  private final String userToAssistant;
  private final String assistantToUser;
  private final String generation;
  private final Optional<Marks> system;

  /** What stands around a system message. */
  private record Marks(String before, String after) {}

  /** Learns the marks of the renderer's template. */
  public ChatParser(ChatRenderer renderer) {
    this.renderer = renderer;
    String sample = renderer.promptText(List.of(ChatMessage.user(FIRST), ChatMessage.assistant(SECOND),
        ChatMessage.user(THIRD)));
    String[] parts = split(sample, FIRST, SECOND, THIRD);
    this.start = parts[0];
    this.userToAssistant = parts[1];
    this.assistantToUser = parts[2];
    this.generation = parts[3];
    this.system = systemMarks();
  }

  private Optional<Marks> systemMarks() {
    try {
      String sample = renderer.promptText(List.of(ChatMessage.system(FIRST), ChatMessage.user(SECOND)));
      String[] parts = split(sample, FIRST, SECOND);
      return Optional.of(new Marks(parts[0], parts[1]));
    } catch (RuntimeException e) {
      // The template refuses system messages, or leaves them out.
      return Optional.empty();
    }
  }

  private static String[] split(String text, String... contents) {
    String[] parts = new String[contents.length + 1];
    int from = 0;
    for (int i = 0; i < contents.length; i++) {
      int at = text.indexOf(contents[i], from);
      if (at < 0) {
        throw new IllegalArgumentException("the chat template does not write every message");
      }
      parts[i] = text.substring(from, at);
      from = at + contents[i].length();
    }
    parts[contents.length] = text.substring(from);
    return parts;
  }

  /** The messages of a prompt as {@link ChatRenderer#promptText} writes it; empty if it was not written that way. */
  public Optional<List<ChatMessage>> prompt(String text) {
    if (!text.endsWith(generation)) {
      return Optional.empty();
    }
    String body = text.substring(0, text.length() - generation.length());
    return system.filter(marks -> !marks.before().isEmpty() || start.isEmpty())
        .flatMap(marks -> withSystem(marks, body).filter(messages -> isSame(messages, text)))
        .or(() -> plain(body).filter(messages -> isSame(messages, text)));
  }

  private Optional<List<ChatMessage>> withSystem(Marks marks, String body) {
    int end = marks.after().isEmpty() ? -1 : body.indexOf(marks.after(), marks.before().length());
    if (!body.startsWith(marks.before()) || end < 0) {
      return Optional.empty();
    }
    List<ChatMessage> messages = new ArrayList<>();
    messages.add(ChatMessage.system(body.substring(marks.before().length(), end)));
    messages.addAll(turns(body.substring(end + marks.after().length())));
    return Optional.of(messages);
  }

  private Optional<List<ChatMessage>> plain(String body) {
    return body.startsWith(start) ? Optional.of(turns(body.substring(start.length()))) : Optional.empty();
  }

  private List<ChatMessage> turns(String text) {
    List<ChatMessage> turns = new ArrayList<>();
    int from = 0;
    boolean user = true;
    while (true) {
      String mark = user ? userToAssistant : assistantToUser;
      int end = mark.isEmpty() ? -1 : text.indexOf(mark, from);
      String content = text.substring(from, end < 0 ? text.length() : end);
      turns.add(user ? ChatMessage.user(content) : ChatMessage.assistant(content));
      if (end < 0) {
        return turns;
      }
      from = end + mark.length();
      user = !user;
    }
  }

  private boolean isSame(List<ChatMessage> messages, String text) {
    try {
      return renderer.promptText(messages).equals(text);
    } catch (RuntimeException e) {
      return false;
    }
  }
}
