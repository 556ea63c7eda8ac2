package io.rlhf4j.launcher.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.ChatTemplate;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A conversation as the model reads it.
 *
 * @param text what the chat template writes: with the header of an answer, unless the conversation ends with one
 * @param ids its tokens; those of an answer end where its turn ends
 */
record ChatReport(String text, List<Integer> ids) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static ChatReport of(Tokenizer tokenizer, Path file) {
    List<ChatMessage> messages = messages(file);
    ChatRenderer renderer = ChatRenderer.of(tokenizer);
    ChatTemplate template = tokenizer.chatTemplate().orElseThrow();
    ChatMessage last = messages.getLast();
    int[] ids = last.isAssistant()
        ? renderer.sequence(messages.subList(0, messages.size() - 1), last.content()).tokens()
        : renderer.promptIds(messages);
    return new ChatReport(template.render(messages, !last.isAssistant()), IntStream.of(ids).boxed().toList());
  }

  private static List<ChatMessage> messages(Path file) {
    JsonNode list = read(file);
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : list) {
      if (!message.path("role").isTextual() || !message.path("content").isTextual()) {
        throw InputException.in(file, "message " + (messages.size() + 1) + " is " + message
            + ", expected an object with the strings role and content");
      }
      messages.add(new ChatMessage(message.get("role").asText(), message.get("content").asText()));
    }
    if (!list.isArray() || messages.isEmpty()) {
      throw InputException.in(file, "expected a list of messages, [{\"role\": ..., \"content\": ...}, ...]");
    }
    return messages;
  }

  private static JsonNode read(Path file) {
    try {
      JsonNode root = JSON.readTree(file.toFile());
      return root.has("messages") ? root.get("messages") : root;
    } catch (JsonProcessingException e) {
      throw InputException.at(file, e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
