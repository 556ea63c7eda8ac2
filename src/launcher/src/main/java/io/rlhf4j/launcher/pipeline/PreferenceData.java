package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.data.Split;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.text.ChatMessage;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The preference files of a recipe.
 *
 * @param train pairs to learn from
 * @param test pairs that only measure; empty if a part of {@code train} is held out instead
 * @param testFraction share of {@code train} that is held out when there is no test file
 */
public record PreferenceData(DataSet<PreferencePair> train, Optional<DataSet<PreferencePair>> test,
    double testFraction) {

  /**
   * Reads the files.
   *
   * @throws InputException if one is missing or has no usable row, or if nothing is left to measure on
   */
  public static PreferenceData read(DataConfig data) {
    if (data.preferenceTest() == null && data.testFraction() == 0) {
      data.requirePreferenceTrain();
      throw InputException.key("data.preference_test",
          "is missing, must name a file, or data.test_fraction must be above 0 to hold out a part");
    }
    DataSet<PreferencePair> train = PreferenceReader.read(data.requirePreferenceTrain(), data.format());
    Optional<DataSet<PreferencePair>> test =
        Optional.ofNullable(data.preferenceTest()).map(file -> PreferenceReader.read(file, data.format()));
    return new PreferenceData(train, test, data.testFraction());
  }

  /** Everything that is said in the training pairs, each turn with its role; for a new tokenizer. */
  public Stream<String> texts() {
    return train.rows().stream().flatMap(row -> Stream.concat(row.prompt().stream(),
        Stream.of(row.chosen(), row.rejected()).map(ChatMessage::assistant)))
        .map(turn -> turn.role() + "\n" + turn.content());
  }

  /** Tokenizes the pairs and holds out the test part; what was skipped or cut is said through {@code notes}. */
  Split<PreparedPairs.Pair> prepare(PairTokenizer tokenizer, long seed, List<String> notes) {
    PreparedPairs first = prepared(tokenizer, train, notes);
    if (test.isPresent()) {
      return new Split<>(first.pairs(), prepared(tokenizer, test.get(), notes).pairs());
    }
    return Split.of(first.pairs(), pair -> pair.row().prompt(), testFraction, seed);
  }

  private static PreparedPairs prepared(PairTokenizer tokenizer, DataSet<PreferencePair> rows, List<String> notes) {
    PreparedPairs prepared = tokenizer.prepare(rows);
    prepared.skipped().summary().ifPresent(notes::add);
    if (prepared.truncated() > 0) {
      notes.add(prepared.skipped().file() + ": truncated " + prepared.truncated() + " of " + prepared.pairs().size()
          + " pairs to the limits of data.max_length and data.max_prompt_length");
    }
    return prepared;
  }
}
