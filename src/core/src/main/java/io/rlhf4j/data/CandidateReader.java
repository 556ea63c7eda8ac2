package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.data.CandidateRow.Shape;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Streams rows with answers to be scored, in the shapes that tools write:
 *
 * <ul>
 *   <li>{@code prompt} (text or messages) and {@code responses}, a list of texts, as RLHFlow writes them;
 *   <li>{@code input} and {@code output}, as OpenRLHF writes them, or {@code prompt} with {@code response};
 *   <li>{@code messages} that end with the answer;
 *   <li>{@code chosen} and {@code rejected}, with or without {@code prompt}, as data of preferences have them.
 * </ul>
 *
 * <p>{@code label}, or else {@code answer}, is what a right answer would be. All other keys are kept as they are.
 */
public final class CandidateReader {

  private CandidateReader() {}

  /**
   * Reads from the first row to the last; nothing of the file stays in memory.
   *
   * @return what was skipped
   * @throws io.rlhf4j.config.InputException if the file cannot be read
   */
  public static SkippedRows read(Path file, Consumer<CandidateRow> rows) {
    Map<SkipReason, List<Long>> skipped = new EnumMap<>(SkipReason.class);
    long[] count = {0};
    JsonRows.read(file, (line, row) -> {
      count[0]++;
      CandidateRow candidate;
      try {
        candidate = parse(row, line);
      } catch (BadRow bad) {
        skipped.computeIfAbsent(bad.reason(), reason -> new ArrayList<>()).add(line);
        return;
      }
      rows.accept(candidate);
    });
    return new SkippedRows(file, count[0], skipped);
  }

  private static CandidateRow parse(@Nullable JsonNode row, long line) throws BadRow {
    if (row == null) {
      throw new BadRow(SkipReason.MALFORMED_JSON);
    }
    if (!(row instanceof ObjectNode object)) {
      throw new BadRow(SkipReason.NOT_AN_OBJECT);
    }
    if (object.hasNonNull("responses")) {
      return row(object, Shape.RESPONSES, prompt(object), texts(object.get("responses")), line);
    }
    if (object.hasNonNull("chosen")) {
      Answered chosen = answered(object, "chosen");
      Answered rejected = answered(object, "rejected");
      if (!chosen.prompt().equals(rejected.prompt())) {
        throw new BadRow(SkipReason.DIFFERENT_PROMPTS);
      }
      return row(object, Shape.PAIR, chosen.prompt(), List.of(chosen.answer(), rejected.answer()), line);
    }
    for (String key : List.of("output", "response")) {
      if (object.hasNonNull(key)) {
        return row(object, Shape.SINGLE, prompt(object), List.of(Turns.text(object.get(key))), line);
      }
    }
    if (!object.path("messages").isArray()) {
      throw new BadRow(SkipReason.MISSING_KEY);
    }
    Answered answered = Answered.ofTurns(Turns.ofMessages(object.get("messages")));
    return row(object, Shape.SINGLE, answered.prompt(), List.of(answered.answer()), line);
  }

  private static CandidateRow row(ObjectNode object, Shape shape, List<ChatMessage> prompt, List<String> answers,
      long line) {
    return new CandidateRow(object, shape, prompt, answers, label(object), line);
  }

  private static List<ChatMessage> prompt(ObjectNode row) throws BadRow {
    for (String key : List.of("prompt", "input", "messages")) {
      if (row.hasNonNull(key)) {
        return Turns.ofPrompt(row.get(key));
      }
    }
    throw new BadRow(SkipReason.MISSING_KEY);
  }

  /** A generator may have said nothing: an empty answer is scored like any other. */
  private static List<String> texts(JsonNode list) throws BadRow {
    if (!list.isArray()) {
      throw new BadRow(SkipReason.BAD_VALUE);
    }
    if (list.isEmpty()) {
      throw new BadRow(SkipReason.EMPTY_ANSWER);
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list) {
      texts.add(Turns.text(item));
    }
    return texts;
  }

  private static Answered answered(ObjectNode row, String key) throws BadRow {
    JsonNode answer = row.path(key);
    if (row.hasNonNull("prompt")) {
      return Answered.of(row.get("prompt"), answer);
    }
    if (answer.isArray()) {
      return Answered.ofTurns(Turns.ofMessages(answer));
    }
    return Answered.ofTurns(Turns.ofDialogue(Turns.text(answer)));
  }

  static @Nullable String label(JsonNode row) {
    for (String key : List.of("label", "answer")) {
      if (row.path(key).isTextual() || row.path(key).isNumber()) {
        return row.path(key).asText();
      }
    }
    return null;
  }
}
