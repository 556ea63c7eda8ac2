package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.reward.Outcome;
import io.rlhf4j.reward.PairScores;
import io.rlhf4j.reward.PairSource;
import io.rlhf4j.reward.PairStore;
import io.rlhf4j.reward.PairStoreWriter;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.RewardTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The preference files of a recipe with {@code data.streaming}, see {@link RowCache}. */
public final class StreamedPairs implements AutoCloseable {

  private final PairStore store;
  private final List<String> notes;
  private final StoredSplit split;

  private StreamedPairs(PairStore store, List<String> notes, StoredSplit split) {
    this.store = store;
    this.notes = notes;
    this.split = split;
  }

  /** @throws InputException if the recipe asks for what needs all rows in memory, or a file is missing */
  public static void check(RecipeConfig recipe) {
    Streaming.checkReward(recipe);
  }

  /**
   * Reads the files, unless an interrupted run has done so.
   *
   * @throws InputException if no row of a file can be used
   */
  static StreamedPairs open(RunContext context, PairTokenizer tokenizer) {
    RecipeConfig recipe = context.recipe();
    try {
      return open(recipe, RowCache.open(Streaming.directory(context, "pairs"),
          Streaming.identity(recipe, Streaming.preferences(recipe.data())),
          (target, notes) -> write(recipe.data(), tokenizer, target, notes)));
    } catch (RuntimeException e) {
      Streaming.forget(context);
      throw e;
    }
  }

  private static StreamedPairs open(RecipeConfig recipe, RowCache cache) {
    PairStore store = PairStore.open(cache.directory());
    try {
      StreamedPairs pairs = new StreamedPairs(store, cache.notes(), StoredSplit.of(recipe, store.rows()));
      RewardTrainer.checkMargins(recipe.reward(), pairs.train());
      return pairs;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static void write(DataConfig data, PairTokenizer tokenizer, Path target, List<String> notes)
      throws IOException {
    List<DatasetConfig> parts = new ArrayList<>(data.requirePreferences());
    parts.addAll(data.preferenceTests());
    try (PairStoreWriter writer = new PairStoreWriter(target)) {
      for (int i = 0; i < parts.size(); i++) {
        boolean measures = i >= data.requirePreferences().size();
        PreferenceLayout layout =
            PreferenceData.layout(parts.get(i), measures ? 0 : data.minScoreGap(), data.rowHook());
        write(i, parts.get(i).path(), layout, tokenizer, writer, notes);
      }
    }
  }

  private static void write(int number, Path file, PreferenceLayout layout, PairTokenizer tokenizer,
      PairStoreWriter writer, List<String> notes) {
    long[] truncated = {0};
    long used = RowCache.<PreferencePair>read(file, notes, sink -> PreferenceReader.each(file, layout, sink),
        row -> switch (tokenizer.fit(row)) {
          case Outcome.Fitted(var pair, boolean cut) -> {
            writer.add(number, row, pair);
            truncated[0] += cut ? 1 : 0;
            yield Optional.empty();
          }
          case Outcome.Skipped(var reason) -> Optional.of(reason);
        });
    if (truncated[0] > 0) {
      notes.add(PreferenceData.truncated(file, truncated[0], used));
    }
  }

  PairSource train() {
    return store.select(split.train());
  }

  PairSource test() {
    return store.select(split.test());
  }

  /** Positions of held-out pairs by the name of their file, if there are several. */
  Map<String, RowNumbers> testByPart() {
    return split.testByPart();
  }

  /** Lengths of the held-out answers. */
  List<PairScores> lengths() {
    return store.lengths(split.test());
  }

  /** Where arrays of a length that goes with the pairs lie. */
  RowSpace space() {
    return store.rows().space();
  }

  /** What was skipped or cut, a line for each file. */
  List<String> notes() {
    return notes;
  }

  @Override
  public void close() {
    store.close();
  }
}
