package io.rlhf4j.launcher.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.CandidateReader;
import io.rlhf4j.data.CandidateRow;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads files of scored answers: {@code responses} with {@code rewards} as RLHFlow writes them, or one answer a row
 * with {@code reward} as OpenRLHF does. Rows with the same prompt become one prompt with all their answers, as long as
 * they follow each other.
 *
 * @param prompts in the order of the files
 * @param notes what was skipped, a line for each file
 */
public record ScoredRows(List<Scored> prompts, List<String> notes) {

  /** @throws InputException if a file cannot be read, holds no answers, or answers without rewards */
  public static ScoredRows read(List<Path> files) {
    List<String> notes = new ArrayList<>();
    List<Scored> prompts = new ArrayList<>();
    for (Path file : files) {
      SkippedRows skipped = CandidateReader.read(file, row -> {
        Scored scored = scored(file, row);
        boolean joins = row.shape() == CandidateRow.Shape.SINGLE && !prompts.isEmpty()
            && prompts.getLast().prompt().equals(scored.prompt());
        prompts.add(joins ? joined(prompts.removeLast(), scored) : scored);
      });
      skipped.summary().ifPresent(notes::add);
    }
    if (prompts.isEmpty()) {
      throw new InputException(
          files.getFirst() + ": has no row with answers and rewards; expected prompt, responses and"
              + " rewards, or one answer a row with its reward");
    }
    return new ScoredRows(prompts, notes);
  }

  /** Answers that were sampled but not scored as yet; their rewards are NaN. */
  public static List<Scored> withoutRewards(Path file) {
    List<Scored> prompts = new ArrayList<>();
    CandidateReader.read(file, row -> prompts.add(new Scored(row.prompt(),
        row.answers().stream().map(text -> new Scored.Answer(text, Double.NaN, true)).toList(), row.label())));
    return prompts;
  }

  private static Scored joined(Scored first, Scored second) {
    List<Scored.Answer> answers = new ArrayList<>(first.answers());
    answers.addAll(second.answers());
    return new Scored(first.prompt(), answers, first.label());
  }

  private static Scored scored(Path file, CandidateRow row) {
    ObjectNode json = row.json();
    List<Scored.Answer> answers = new ArrayList<>();
    for (int i = 0; i < row.answers().size(); i++) {
      JsonNode reward = switch (row.shape()) {
        case RESPONSES -> json.path("rewards").path(i);
        case SINGLE -> json.path("reward");
        case PAIR -> json.path(i == 0 ? "chosen_reward" : "rejected_reward");
      };
      if (reward.isMissingNode()) {
        throw InputException.at(file, row.line(), "answer " + (i + 1) + " has no reward; score the file first, with"
            + " rlhf reward score");
      }
      boolean finished = json.path("finished").path(i).asBoolean(json.path("finished").asBoolean(true));
      answers.add(new Scored.Answer(row.answers().get(i), reward.asDouble(Double.NaN), finished));
    }
    return new Scored(row.prompt(), answers, row.label());
  }

  /** A prompt as a row has it, with what a right answer would be if that is known. */
  public static Map<String, Object> json(PromptRow row) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("prompt", json(row.messages()));
    if (row.label() != null) {
      map.put("label", row.label());
    }
    return map;
  }

  /** Messages as JSON has them. */
  public static List<Map<String, String>> json(List<ChatMessage> messages) {
    return messages.stream().map(message -> {
      Map<String, String> map = new LinkedHashMap<>();
      map.put("role", message.role());
      map.put("content", message.content());
      return map;
    }).toList();
  }
}
