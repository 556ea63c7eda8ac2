package io.rlhf4j.reward.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of {@code POST /get_reward}: {@code query} (prompt and answer as one text), {@code prompts} and
 * {@code labels}, as OpenRLHF has them. {@code messages} and {@code responses} say the same without guesswork
 * and are preferred.
 */
final class GetReward {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PromptTexts prompts;

  GetReward(PromptTexts prompts) {
    this.prompts = prompts;
  }

  /** @throws Refused if the body does not say which answers are to be scored */
  AskedAnswers read(byte[] body) {
    JsonNode request;
    try {
      request = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw malformed("the body is not JSON");
    } catch (IOException e) {
      throw malformed("the body cannot be read");
    }
    boolean answers = request.has("responses");
    JsonNode texts = request.path(answers ? "responses" : "query");
    if (!texts.isArray() || texts.isEmpty()) {
      throw malformed("query (or responses) must be a list of texts, not empty");
    }
    List<AnswerGroup> groups = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String label = text(list(request, "labels", texts.size()), i);
      groups.add(answers ? plain(request, texts, i, label) : query(request, texts, i, label));
    }
    return AskedAnswers.of(groups);
  }

  private AnswerGroup plain(JsonNode request, JsonNode answers, int i, @Nullable String label) {
    JsonNode messages = list(request, "messages", answers.size());
    String prompt = text(list(request, "prompts", answers.size()), i);
    if (messages == null && prompt == null) {
      throw malformed("responses need messages or prompts");
    }
    List<ChatMessage> turns = messages == null ? prompts.messages(prompt, i + 1) : turns(messages.get(i));
    return new AnswerGroup(turns, List.of(required(answers.get(i))), label);
  }

  /** The answer is what follows the prompt; without a prompt, the whole query. */
  private AnswerGroup query(JsonNode request, JsonNode queries, int i, @Nullable String label) {
    String query = required(queries.get(i));
    String prompt = text(list(request, "prompts", queries.size()), i);
    if (prompt == null || prompt.isEmpty()) {
      throw malformed("query needs prompts, one for each, to tell where the answer begins");
    }
    PromptTexts.Split split = prompts.split(query, prompt, i + 1);
    return new AnswerGroup(split.prompt(), List.of(split.answer()), label);
  }

  private static @Nullable JsonNode list(JsonNode request, String key, int size) {
    if (!request.hasNonNull(key)) {
      return null;
    }
    if (!request.get(key).isArray() || request.get(key).size() != size) {
      throw malformed(key + " must be a list of " + size);
    }
    return request.get(key);
  }

  private static @Nullable String text(@Nullable JsonNode list, int i) {
    return list == null || list.get(i).isNull() ? null : list.get(i).asText();
  }

  private static String required(JsonNode text) {
    if (!text.isTextual()) {
      throw malformed("query and responses must hold texts");
    }
    return text.textValue();
  }

  private static List<ChatMessage> turns(JsonNode list) {
    List<ChatMessage> turns = new ArrayList<>();
    for (JsonNode turn : list) {
      if (!turn.path("role").isTextual() || !turn.path("content").isTextual()) {
        throw malformed("messages must be lists of {role, content}");
      }
      turns.add(new ChatMessage(turn.get("role").textValue(), turn.get("content").textValue()));
    }
    if (turns.isEmpty()) {
      throw malformed("messages must be lists of {role, content}");
    }
    return turns;
  }

  private static Refused malformed(String message) {
    return new Refused(Refused.Reason.MALFORMED, message);
  }

  /** {@code rewards} and, with the same numbers, {@code scores}; null is an answer that cannot be scored. */
  static byte[] write(double[] scores) {
    ObjectNode reply = JSON.createObjectNode();
    for (String key : List.of("rewards", "scores")) {
      ArrayNode list = reply.putArray(key);
      for (double score : scores) {
        list.add(Double.isFinite(score) ? (Double) score : null);
      }
    }
    reply.putObject("extra_logs");
    return bytes(reply);
  }

  static byte[] error(String message) {
    return bytes(JSON.createObjectNode().put("error", message));
  }

  private static byte[] bytes(ObjectNode json) {
    try {
      return JSON.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
