package io.rlhf4j.reward.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.text.ChatMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes with a model behind OpenAI-compatible chat completions. */
final class HttpGenerator implements TextGenerator {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BREAKER_FAILURES = 5;
  private static final Duration BREAKER_PAUSE = Duration.ofSeconds(30);

  private final String address;
  private final GenerationSettings settings;
  private final JsonHttp http;

  HttpGenerator(String address, GenerationSettings settings, Duration timeout, int retries) {
    this.address = address;
    this.settings = settings;
    this.http = new JsonHttp(address, new JsonHttp.Policy(timeout, retries, BREAKER_FAILURES, BREAKER_PAUSE));
  }

  @Override
  public List<String> answer(List<List<ChatMessage>> prompts, int attempt) {
    List<String> answers = new ArrayList<>();
    for (List<ChatMessage> prompt : prompts) {
      JsonNode content = http.post(request(prompt, attempt)).path("choices").path(0).path("message").path("content");
      if (!content.isTextual()) {
        throw new IllegalStateException(address + ": the reply has no choices[0].message.content");
      }
      answers.add(content.textValue().strip());
    }
    return answers;
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
