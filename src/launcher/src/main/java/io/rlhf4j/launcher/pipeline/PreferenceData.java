package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowHooks;
import io.rlhf4j.data.Split;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The preference files of a recipe.
 *
 * @param parts files to learn from, at least one
 * @param tests files that only measure; empty if a share of each part is held out instead
 * @param testFraction that share
 */
public record PreferenceData(List<Part> parts, List<Part> tests, double testFraction) {

  public PreferenceData {
    parts = List.copyOf(parts);
    tests = List.copyOf(tests);
  }

  /** One file and how often each of its rows is used. */
  public record Part(String name, DataSet<PreferencePair> rows, double weight) {}

  /**
   * Pairs as token ids.
   *
   * @param pairs of all parts
   * @param testByPart positions of the held-out pairs of each file by its name, if there are several
   */
  record Prepared(Split<PreparedPairs.Pair> pairs, Map<String, RowNumbers> testByPart) {}

  /**
   * Reads the files.
   *
   * @throws InputException if one is missing or has no usable row, or if nothing is left to measure on
   */
  public static PreferenceData read(DataConfig data) {
    List<DatasetConfig> files = data.requirePreferences();
    checkTest(data);
    List<Part> parts = files.stream().map(file -> new Part(file.name(), PreferenceReader.read(file.path(),
        layout(file, data.minScoreGap(), data.rowHook())), file.weight())).toList();
    List<Part> tests = data.preferenceTests().stream().map(file -> new Part(file.name(),
        PreferenceReader.read(file.path(), layout(file, 0, data.rowHook())), 1)).toList();
    return new PreferenceData(parts, tests, data.testFraction());
  }

  /** @throws InputException if there is nothing to measure on */
  static void checkTest(DataConfig data) {
    if (data.preferenceTests().isEmpty() && data.testFraction() == 0) {
      throw InputException.key("data.preference_test",
          "is missing, must name a file, or data.test_fraction must be above 0 to hold out a part");
    }
  }

  /** How the rows of {@code data.preference_train}, or of another file of the user's to learn from, are read. */
  public static PreferenceLayout layout(DataConfig data) {
    return layout(data, data.minScoreGap());
  }

  /** How those of {@code data.preference_test} are read, all of which measure. */
  public static PreferenceLayout testLayout(DataConfig data) {
    return layout(data, 0);
  }

  private static PreferenceLayout layout(DataConfig data, double minScoreGap) {
    return layout(new DatasetConfig(Path.of(""), 1, data.format(), data.fields()), minScoreGap, data.rowHook());
  }

  static PreferenceLayout layout(DatasetConfig file, double minScoreGap, @Nullable String rowHook) {
    return new PreferenceLayout(file.format(), file.fields(), minScoreGap,
        rowHook == null ? null : RowHooks.named(rowHook));
  }

  /** Everything that is said in the training pairs, each turn with its role; for a new tokenizer. */
  public Stream<String> texts() {
    if (parts.stream().anyMatch(part -> part.rows().rows().getFirst().tokens() != null)) {
      throw InputException.key("tokenizer.path", "is missing, must name the tokenizer that the token ids come from");
    }
    return parts.stream().flatMap(part -> part.rows().rows().stream())
        .flatMap(row -> Stream.concat(row.prompt().stream(),
            Stream.of(row.chosen(), row.rejected()).map(ChatMessage::assistant)))
        .map(turn -> turn.role() + "\n" + turn.content());
  }

  /** Tokenizes the pairs and holds out the test part; what was skipped or cut is said through {@code notes}. */
  Prepared prepare(PairTokenizer tokenizer, long seed, List<String> notes) {
    List<PreparedPairs.Pair> train = new ArrayList<>();
    List<PreparedPairs.Pair> held = new ArrayList<>();
    Map<String, RowNumbers> byPart = new LinkedHashMap<>();
    for (Part part : parts) {
      List<PreparedPairs.Pair> pairs = prepared(tokenizer, part.rows(), notes).pairs();
      if (tests.isEmpty()) {
        Split<PreparedPairs.Pair> split = Split.of(pairs, pair -> pair.row().promptKey(), testFraction, seed);
        StoredSplit.addPart(byPart, part.name(), held.size(), split.test().size(), RowSpace.HEAP);
        held.addAll(split.test());
        pairs = split.train();
      }
      train.addAll(Batches.weighted(pairs, part.weight(), seed));
    }
    for (Part test : tests) {
      List<PreparedPairs.Pair> pairs = prepared(tokenizer, test.rows(), notes).pairs();
      StoredSplit.addPart(byPart, test.name(), held.size(), pairs.size(), RowSpace.HEAP);
      held.addAll(pairs);
    }
    return new Prepared(new Split<>(train, held), byPart.size() > 1 ? byPart : Map.of());
  }

  private static PreparedPairs prepared(PairTokenizer tokenizer, DataSet<PreferencePair> rows, List<String> notes) {
    PreparedPairs prepared = tokenizer.prepare(rows);
    prepared.skipped().summary().ifPresent(notes::add);
    if (prepared.truncated() > 0) {
      notes.add(truncated(prepared.skipped().file(), prepared.truncated(), prepared.pairs().size()));
    }
    return prepared;
  }

  static String truncated(Path file, long truncated, long pairs) {
    return file + ": truncated " + truncated + " of " + pairs
        + " pairs to the limits of data.max_length and data.max_prompt_length";
  }
}
