package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowOrder;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowStore;
import io.rlhf4j.data.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which stored rows are learned from, and how often, and which measure: decided as {@link PreferenceData} does it for
 * rows in memory.
 *
 * @param train numbers of rows
 * @param test numbers of rows
 * @param testByPart positions of held-out rows among all of them by the name of their file, if there are several
 */
record StoredSplit(RowNumbers train, RowNumbers test, Map<String, RowNumbers> testByPart) {

  /** @param store rows; files that only measure come last */
  static StoredSplit of(RecipeConfig recipe, RowStore<?> store) {
    List<DatasetConfig> files = recipe.data().requirePreferences();
    List<DatasetConfig> tests = recipe.data().preferenceTests();
    List<RowNumbers> learned = new ArrayList<>();
    List<RowNumbers> held = new ArrayList<>();
    Map<String, RowNumbers> byPart = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      RowStore<?>.Part part = store.part(i);
      RowNumbers rows = part.rows();
      if (tests.isEmpty()) {
        Split<Integer> split = Split.ofGroups(part.questions(), recipe.data().testFraction(), recipe.seed());
        addPart(byPart, files.get(i).name(), count(held), split.test().size(), store.space());
        held.add(chosen(part.rows(), split.test()));
        rows = chosen(part.rows(), split.train());
      }
      learned.add(RowOrder.weighted(rows, files.get(i).weight(), recipe.seed()));
    }
    for (int i = 0; i < tests.size(); i++) {
      RowNumbers rows = store.part(files.size() + i).rows();
      addPart(byPart, tests.get(i).name(), count(held), rows.size(), store.space());
      held.add(rows);
    }
    return new StoredSplit(RowOrder.joined(learned, store.space()), RowOrder.joined(held, store.space()),
        byPart.size() > 1 ? byPart : Map.of());
  }

  private static int count(List<RowNumbers> lists) {
    return Math.toIntExact(lists.stream().mapToLong(List::size).sum());
  }

  /** Remembers that so many rows from a position on are of a file; files of the same name are one part. */
  static void addPart(Map<String, RowNumbers> byPart, String name, int from, int count, RowSpace space) {
    byPart.merge(name, RowNumbers.range(from, from + count, space),
        (a, b) -> RowOrder.joined(List.of(a, b), space));
  }

  private static RowNumbers chosen(RowNumbers rows, List<Integer> positions) {
    RowNumbers chosen = rows.space().numbers(positions.size());
    for (int i = 0; i < chosen.size(); i++) {
      chosen.put(i, rows.number(positions.get(i)));
    }
    return chosen;
  }
}
