package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.RunContext;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.report.RunReport;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs the rounds that are still to be run.
 *
 * <pre>
 * config.yaml          the recipe as of the latest start
 * inputs.json          hashes of the data files
 * data/                those of the built-in task
 * round-0/             start, sft, reward, answers.jsonl, round.json
 * round-N/             prompts.jsonl, responses.jsonl, labels.jsonl, reward, scored.jsonl, sft.jsonl, pairs.jsonl, sft,
 *                      dpo, answers.jsonl, round.json
 * </pre>
 *
 * <p>Every output says what it was made of, in {@code provenance.json} inside it or beside it. Each is there completely
 * or not at all, so that the same command goes on at the stage that was running; the files of an interrupted flywheel
 * are byte for byte those of an undisturbed one. A round whose {@code round.json} is written is history: later starts
 * may change the settings of the rounds to come.
 */
public final class Flywheel {

  private final RecipeConfig recipe;
  private final Path root;
  private final Optional<Task> task;
  private final Consumer<String> news;

  private Flywheel(RecipeConfig recipe, Consumer<String> news) {
    this.recipe = recipe;
    this.root = recipe.runDirectory();
    this.task = Optional.ofNullable(recipe.task()).map(Task::named);
    this.news = news;
  }

  /**
   * Runs what is left of {@code flywheel.rounds}.
   *
   * @param news told what the user should see
   * @return the table of all rounds
   * @throws InputException if settings or files do not fit what is there; nothing that is there is overwritten
   */
  public static String run(RecipeConfig recipe, Consumer<String> news) {
    return new Flywheel(recipe, news).run();
  }

  /** The table of the rounds in a flywheel's directory that are over. */
  public static String status(Path root) {
    List<RoundRecord> records = records(root);
    if (records.isEmpty()) {
      throw InputException.in(root, "holds no round of a flywheel that is over");
    }
    return RoundTable.of(records);
  }

  private String run() {
    if (recipe.flywheel().labelsPerRound() > 0 && task.isEmpty()) {
      throw InputException.key("flywheel.labels_per_round",
          "is " + recipe.flywheel().labelsPerRound() + ", must be 0 without a task, whose judge labels");
    }
    RunContext.shareCores(recipe);
    FlywheelInputs inputs = FlywheelInputs.open(recipe, task, root);
    writeConfig();
    List<RoundRecord> records = new ArrayList<>(records(root));
    Round round = new Round(recipe, root, inputs, task, news);
    if (records.isEmpty()) {
      records.add(round.first());
    }
    while (records.size() <= recipe.flywheel().rounds()) {
      news.accept("round " + records.size());
      records.add(round.next(records));
      news.accept(RoundTable.of(records));
    }
    RunReport.afterwards(root);
    return RoundTable.of(records);
  }

  private void writeConfig() {
    try {
      AtomicFiles.writeText(root.resolve("config.yaml"), "# sha256 " + recipe.hash() + "\n" + recipe.resolvedYaml());
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Records of the rounds that are over, from round 0 on. */
  private static List<RoundRecord> records(Path root) {
    List<RoundRecord> records = new ArrayList<>();
    Optional<RoundRecord> next = RoundRecord.read(directory(root, 0));
    while (next.isPresent()) {
      records.add(next.get());
      next = RoundRecord.read(directory(root, records.size()));
    }
    for (int later = records.size() + 1; later <= records.size() + 1000; later++) {
      if (Files.exists(directory(root, later))) {
        throw InputException.in(directory(root, records.size()), "is missing or not complete although round " + later
            + " is there; put it back, or move the later rounds away");
      }
    }
    return records;
  }

  static Path directory(Path root, int round) {
    return root.resolve("round-" + round);
  }
}
