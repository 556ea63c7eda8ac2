package io.rlhf4j.text;

import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role who speaks; {@code system}, {@code user} and {@code assistant} are known to every template
 * @param content what is said, as plain text that no template engine interprets
 */
public record ChatMessage(String role, String content) {

  public static final String SYSTEM = "system";
  public static final String USER = "user";
  public static final String ASSISTANT = "assistant";

  public ChatMessage {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  public static ChatMessage system(String content) {
    return new ChatMessage(SYSTEM, content);
  }

  public static ChatMessage user(String content) {
    return new ChatMessage(USER, content);
  }

  public static ChatMessage assistant(String content) {
    return new ChatMessage(ASSISTANT, content);
  }

  public boolean isAssistant() {
    return role.equals(ASSISTANT);
  }
}
