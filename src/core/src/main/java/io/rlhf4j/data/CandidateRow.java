package io.rlhf4j.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.text.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with answers to be scored.
 *
 * @param json the row as it was read
 * @param shape where the row has its answers
 * @param prompt the conversation up to the answers, ending with a user turn
 * @param answers at least one; of a pair the chosen one first
 * @param label what a right answer would be, where the row says so
 * @param line where the row begins in its file
 */
public record CandidateRow(ObjectNode json, Shape shape, List<ChatMessage> prompt, List<String> answers,
    @Nullable String label, long line) {

  /** Where a row has its answers. */
  public enum Shape {
    /** {@code responses}, a list; the scores become {@code rewards}. */
    RESPONSES,
    /** A single answer; its score becomes {@code reward}. */
    SINGLE,
    /** {@code chosen} and {@code rejected}; their scores become {@code chosen_reward} and {@code rejected_reward}. */
    PAIR
  }

  public CandidateRow {
    prompt = List.copyOf(prompt);
    answers = List.copyOf(answers);
  }

  /** The row with its scores; NaN and infinity become null. */
  public ObjectNode withScores(double[] scores) {
    return json.deepCopy().setAll(scoreKeys(scores, ""));
  }

  /** Nothing but scores, under names that end with {@code _suffix} if there is one. */
  public ObjectNode scoreKeys(double[] scores, String suffix) {
    ObjectNode keys = json.objectNode();
    String end = suffix.isEmpty() ? "" : "_" + suffix;
    switch (shape) {
      case RESPONSES -> {
        ArrayNode list = keys.putArray("rewards" + end);
        for (double score : scores) {
          list.add(number(score));
        }
      }
      case SINGLE -> keys.put("reward" + end, number(scores[0]));
      case PAIR -> keys.put("chosen_reward" + end, number(scores[0])).put("rejected_reward" + end, number(scores[1]));
    }
    return keys;
  }

  private static @Nullable Double number(double score) {
    return Double.isFinite(score) ? score : null;
  }
}
