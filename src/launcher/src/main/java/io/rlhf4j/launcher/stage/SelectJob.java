package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SelectConfig;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.select.Kept;
import io.rlhf4j.launcher.select.SelectionReport;
import io.rlhf4j.launcher.select.Selector;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Selects training data from scored answers.
 *
 * @param config what is kept
 * @param scored files with answers and rewards
 * @param shape keys of the rows that are written
 */
public record SelectJob(SelectConfig config, List<Path> scored, Shape shape) {

  /** Keys of the rows that are written; pairs always have prompt, chosen and rejected. */
  public enum Shape {
    /** {@code messages} that end with the answer, and {@code reward}. */
    MESSAGES,
    /** {@code prompt}, {@code response} and {@code reward}. */
    PROMPT,
    /** {@code input}, {@code output} and {@code reward}, texts of the last turns, as OpenRLHF writes them. */
    OPENRLHF
  }

  private Provenance provenance() {
    Map<String, Path> inputs = new LinkedHashMap<>();
    for (int i = 0; i < scored.size(); i++) {
      inputs.put(scored.size() == 1 ? "scored answers" : "scored answers " + (i + 1), scored.get(i));
    }
    return Provenance.of("select", Version.number(), 0,
        Map.of("select", config.toString(), "shape", shape.toString()), inputs);
  }

  /**
   * Writes the rows, and what became of the rest to {@code TARGET.report.json}.
   *
   * @return what became of the rest; empty if everything was there already
   * @throws InputException if nothing is kept; nothing is written then
   */
  public Optional<SelectionReport> run(Path target, boolean overwrite, Consumer<String> news) {
    List<SelectionReport> report = new ArrayList<>();
    boolean written = FileOutput.write(target, provenance(), overwrite, () -> {
      ScoredRows rows = ScoredRows.read(scored);
      rows.notes().forEach(news);
      Selector.Selection selection = Selector.select(rows.prompts(), config);
      if (selection.rows().isEmpty()) {
        throw new InputException("selection kept nothing of " + selection.report().answers() + " answers: "
            + reasons(selection.report()) + "; nothing was written");
      }
      report.add(selection.report());
      FileOutput.write(target.resolveSibling(target.getFileName() + ".report.json"), provenance(), true,
          () -> FileOutput.pretty(selection.report().toMap()));
      return FileOutput.lines(selection.rows().stream().map(this::json).toList());
    });
    if (!written) {
      news.accept("select: " + target + " is complete already");
    }
    return report.stream().findFirst();
  }

  private static String reasons(SelectionReport report) {
    List<String> parts = new ArrayList<>();
    report.dropped().forEach((reason, count) -> parts.add(count + " " + reason.text()));
    return String.join(", ", parts);
  }

  private Map<String, Object> json(Kept row) {
    Map<String, Object> map = new LinkedHashMap<>();
    switch (row) {
      case Kept.Pair(var prompt, String chosen, String rejected, double chosenReward, double rejectedReward) -> {
        map.put("prompt", ScoredRows.json(prompt));
        map.put("chosen", chosen);
        map.put("rejected", rejected);
        map.put("chosen_reward", chosenReward);
        map.put("rejected_reward", rejectedReward);
      }
      case Kept.Imitation(var prompt, String answer, double reward) -> {
        switch (shape) {
          case MESSAGES -> {
            List<ChatMessage> messages = new ArrayList<>(prompt);
            messages.add(ChatMessage.assistant(answer));
            map.put("messages", ScoredRows.json(messages));
          }
          case PROMPT -> {
            map.put("prompt", ScoredRows.json(prompt));
            map.put("response", answer);
          }
          case OPENRLHF -> {
            map.put("input", prompt.getLast().content());
            map.put("output", answer);
          }
        }
        map.put("reward", reward);
      }
    }
    return map;
  }
}
