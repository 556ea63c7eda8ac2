package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.FieldsConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.LabelledSteps;
import io.rlhf4j.data.LabelledStepsReader;
import io.rlhf4j.data.RowHooks;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.Split;
import io.rlhf4j.data.StepLayout;
import io.rlhf4j.reward.process.PreparedSteps;
import io.rlhf4j.reward.process.StepExample;
import io.rlhf4j.reward.process.StepTokenizer;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The files of labelled steps of a recipe, under the keys of preference files.
 *
 * @param parts files to learn from, at least one
 * @param tests files that only measure; empty if a share of each part is held out instead
 */
public record StepData(List<Part> parts, List<Part> tests, double testFraction, long seed) {

  public StepData {
    parts = List.copyOf(parts);
    tests = List.copyOf(tests);
  }

  /** One file and how often each of its rows is used. */
  public record Part(String name, DataSet<LabelledSteps> rows, double weight) {}

  /**
   * Answers as token ids.
   *
   * @param answers of all files
   * @param testByPart positions of the held-out answers of each file by its name, if there are several
   */
  record Prepared(Split<PreparedSteps.Answer> answers, Map<String, RowNumbers> testByPart) {}

  /**
   * Reads the files.
   *
   * @throws InputException if one is missing or has no usable row, or if nothing is left to measure on
   */
  public static StepData read(RecipeConfig recipe) {
    check(recipe);
    DataConfig data = recipe.data();
    return new StepData(parts(recipe, data.requirePreferences()), parts(recipe, data.preferenceTests()),
        data.testFraction(), recipe.seed());
  }

  private static List<Part> parts(RecipeConfig recipe, List<DatasetConfig> files) {
    return files.stream().map(file -> new Part(file.name(),
        LabelledStepsReader.read(file.path(), layout(recipe, file.fields())), file.weight())).toList();
  }

  static StepLayout layout(RecipeConfig recipe, FieldsConfig fields) {
    String hook = recipe.data().rowHook();
    return new StepLayout(recipe.reward().steps().stepSeparator(), fields, hook == null ? null : RowHooks.named(hook));
  }

  /** @throws InputException if the recipe asks for what only pairs have, or lacks files to learn from or measure on */
  public static void check(RecipeConfig recipe) {
    DataConfig data = recipe.data();
    if (recipe.task() != null) {
      throw InputException.key("task", "is '" + recipe.task()
          + "', which has no labelled steps, must be left out with reward.type: process");
    }
    if (data.minScoreGap() > 0) {
      throw InputException.key("data.min_score_gap", "is " + data.minScoreGap()
          + ", must be 0 with reward.type: process, whose answers have no score to differ by");
    }
    data.requirePreferences().forEach(StepData::check);
    data.preferenceTests().forEach(StepData::check);
    PreferenceData.checkTest(data);
    if (data.streaming()) {
      Streaming.checkReward(recipe);
    }
  }

  private static void check(DatasetConfig file) {
    if (file.format() != DataFormat.AUTO && file.format() != DataFormat.STANDARD) {
      throw InputException.key("data.format", "belongs to pairs, must be left out with reward.type: process, whose "
          + "rows have prompt, completions and labels, or other names by data.fields");
    }
  }

  /** Everything that is said in the training answers, each turn with its role; for a new tokenizer. */
  public Stream<String> texts() {
    return parts.stream().flatMap(part -> part.rows().rows().stream())
        .flatMap(row -> Stream.concat(row.prompt().stream(), row.steps().stream().map(ChatMessage::assistant)))
        .map(turn -> turn.role() + "\n" + turn.content());
  }

  /** Tokenizes the answers and holds out the test part; what was skipped or cut is said through {@code notes}. */
  Prepared prepare(StepTokenizer tokenizer, List<String> notes) {
    List<PreparedSteps.Answer> train = new ArrayList<>();
    List<PreparedSteps.Answer> held = new ArrayList<>();
    Map<String, RowNumbers> byPart = new LinkedHashMap<>();
    for (Part part : parts) {
      List<PreparedSteps.Answer> answers = prepared(tokenizer, part.rows(), notes);
      if (tests.isEmpty()) {
        Split<PreparedSteps.Answer> split = Split.of(answers, answer -> answer.row().prompt(), testFraction, seed);
        StoredSplit.addPart(byPart, part.name(), held.size(), split.test().size(), RowSpace.HEAP);
        held.addAll(split.test());
        answers = split.train();
      }
      train.addAll(Batches.weighted(answers, part.weight(), seed));
    }
    for (Part test : tests) {
      List<PreparedSteps.Answer> answers = prepared(tokenizer, test.rows(), notes);
      StoredSplit.addPart(byPart, test.name(), held.size(), answers.size(), RowSpace.HEAP);
      held.addAll(answers);
    }
    checkMeasures(PreparedSteps.examples(held));
    return new Prepared(new Split<>(train, held), byPart.size() > 1 ? byPart : Map.of());
  }

  /** @throws InputException if no held-out step takes a side */
  static void checkMeasures(List<StepExample> held) {
    if (held.stream().allMatch(StepData::undecided)) {
      throw InputException.key("data.test_fraction", "or data.preference_test leaves no step to measure on, one with "
          + "a label other than 0.5 is needed");
    }
  }

  private static boolean undecided(StepExample example) {
    return IntStream.range(0, example.labels().length).allMatch(step -> example.labels()[step] == 0.5f);
  }

  static String truncated(Path file, long truncated, long answers) {
    return file + ": left out the last steps of " + truncated + " of " + answers
        + " answers, beyond data.max_length";
  }

  private static List<PreparedSteps.Answer> prepared(StepTokenizer tokenizer, DataSet<LabelledSteps> rows,
      List<String> notes) {
    PreparedSteps prepared = tokenizer.prepare(rows);
    prepared.skipped().summary().ifPresent(notes::add);
    if (prepared.truncated() > 0) {
      notes.add(truncated(prepared.skipped().file(), prepared.truncated(), prepared.answers().size()));
    }
    return prepared.answers();
  }
}
