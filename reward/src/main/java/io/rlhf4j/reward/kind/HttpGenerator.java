package io.rlhf4j.reward.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.text.ChatMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Writes with a model behind OpenAI-compatible chat completions. */
final class HttpGenerator implements TextGenerator {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BREAKER_FAILURES = 5;
  private static final Duration BREAKER_PAUSE = Duration.ofSeconds(30);

  private final GenerationSettings settings;
  private final JsonHttp http;

  HttpGenerator(String address, GenerationSettings settings, Duration timeout, int retries) {
    this.settings = settings;
    this.http = new JsonHttp(address, new JsonHttp.Policy(timeout, retries, BREAKER_FAILURES, BREAKER_PAUSE));
  }

  @Override
  public List<String> answer(List<List<ChatMessage>> prompts, int attempt) {
    return prompts.stream().map(prompt -> one(prompt, attempt)).toList();
  }

  private String one(List<ChatMessage> prompt, int attempt) {
    return http.post(request(prompt, attempt), reply -> {
      JsonNode content = reply.path("choices").path(0).path("message").path("content");
      if (!content.isTextual()) {
        throw http.wrong("the reply has no choices[0].message.content");
      }
      return content.textValue().strip();
    });
  }

  /** A server that fails again and again is out of reach, which ends the work. */
  @Override
  public List<Optional<String>> tryAnswer(List<List<ChatMessage>> prompts, int attempt) {
    return prompts.stream().map(prompt -> tryOne(prompt, attempt)).toList();
  }

  private Optional<String> tryOne(List<ChatMessage> prompt, int attempt) {
    try {
      return Optional.of(one(prompt, attempt));
    } catch (RemoteException e) {
      if (http.givenUp() || Thread.currentThread().isInterrupted()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private JsonNode request(List<ChatMessage> prompt, int attempt) {
    ObjectNode request = JSON.createObjectNode().put("model", settings.modelName())
        .put("temperature", settings.temperature()).put("max_tokens", settings.maxNewTokens())
        .put("seed", settings.seed() + attempt);
    ArrayNode messages = request.putArray("messages");
    prompt.forEach(turn -> messages.addObject().put("role", turn.role()).put("content", turn.content()));
    return request;
  }

  @Override
  public void close() {
    http.close();
  }
}
