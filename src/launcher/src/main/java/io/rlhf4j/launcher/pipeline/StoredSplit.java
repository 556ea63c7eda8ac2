package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowStore;
import io.rlhf4j.data.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Which stored rows are learned from, and how often, and which measure: decided as {@link PreferenceData} does it for
 * rows in memory.
 *
 * @param train numbers of rows
 * @param test numbers of rows
 * @param testByPart positions of held-out rows among all of them by the name of their file, if there are several
 */
record StoredSplit(int[] train, int[] test, Map<String, int[]> testByPart) {

  /** @param part rows of the file of that number; files that only measure come last */
  static StoredSplit of(RecipeConfig recipe, IntFunction<RowStore.Part> part) {
    List<DatasetConfig> files = recipe.data().requirePreferences();
    List<DatasetConfig> tests = recipe.data().preferenceTests();
    boolean holdsOut = tests.isEmpty();
    List<int[]> learned = new ArrayList<>();
    List<int[]> held = new ArrayList<>();
    Map<String, int[]> byPart = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      RowStore.Part rows = part.apply(i);
      double share = holdsOut ? recipe.data().testFraction() : 0;
      Split<Integer> split = Split.ofGroups(rows.questions(), share, recipe.seed());
      if (holdsOut) {
        addPart(byPart, files.get(i).name(), joined(held).length, split.test().size());
      }
      held.add(rows(rows, split.test()));
      learned.add(weighted(rows(rows, split.train()), files.get(i).weight(), recipe.seed()));
    }
    for (int i = 0; i < tests.size(); i++) {
      int[] rows = part.apply(files.size() + i).rows();
      addPart(byPart, tests.get(i).name(), joined(held).length, rows.length);
      held.add(rows);
    }
    return new StoredSplit(joined(learned), joined(held), byPart.size() > 1 ? byPart : Map.of());
  }

  /** Remembers that so many rows from a position on are of a file; files of the same name are one part. */
  static void addPart(Map<String, int[]> byPart, String name, int from, int count) {
    byPart.merge(name, IntStream.range(from, from + count).toArray(), (a, b) -> joined(List.of(a, b)));
  }

  private static int[] rows(RowStore.Part part, List<Integer> chosen) {
    return chosen.stream().mapToInt(i -> part.rows()[i]).toArray();
  }

  static int[] weighted(int[] rows, double weight, long seed) {
    return weight == 1 ? rows
        : Batches.weighted(new RowNumbers(rows), weight, seed).stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] joined(List<int[]> lists) {
    return lists.stream().flatMapToInt(IntStream::of).toArray();
  }
}
