package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.data.Split;
import io.rlhf4j.reward.Outcome;
import io.rlhf4j.reward.PairScores;
import io.rlhf4j.reward.PairSource;
import io.rlhf4j.reward.PairStore;
import io.rlhf4j.reward.PairStoreWriter;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.train.Checkpoint;
import io.rlhf4j.train.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The preference files of a recipe with {@code data.streaming}: read once, and kept as tokens in files of the run
 * directory, where an interrupted run finds them again. Which pairs are held out and how often each is used is decided
 * as {@link PreferenceData} does.
 */
public final class StreamedPairs implements AutoCloseable {

  private static final String IDENTITY = "identity";
  private static final String NOTES = "notes";

  private final PairStore store;
  private final List<String> notes = new ArrayList<>();
  private final int[] train;
  private final int[] test;
  private final Map<String, int[]> testByPart = new LinkedHashMap<>();

  private StreamedPairs(Checkpoint files, RecipeConfig recipe) {
    store = PairStore.open(files.directory());
    files.progress().path(NOTES).forEach(note -> notes.add(note.asText()));
    List<DatasetConfig> parts = recipe.data().requirePreferences();
    boolean holdsOut = recipe.data().preferenceTest() == null;
    List<int[]> learned = new ArrayList<>();
    List<int[]> held = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      PairStore.Part part = store.part(i);
      double share = holdsOut ? recipe.data().testFraction() : 0;
      Split<Integer> split = Split.ofGroups(part.questions(), share, recipe.seed());
      held.add(rows(part, split.test()));
      testByPart.merge(parts.get(i).name(), held.getLast(), (a, b) -> joined(List.of(a, b)));
      learned.add(weighted(rows(part, split.train()), parts.get(i).weight(), recipe.seed()));
    }
    if (!holdsOut) {
      held.add(store.part(parts.size()).rows());
      testByPart.clear();
    } else if (parts.size() == 1) {
      testByPart.clear();
    }
    train = joined(learned);
    test = joined(held);
  }

  /** @throws InputException if the recipe asks for what needs all rows in memory, or a file is missing */
  public static void check(RecipeConfig recipe) {
    DataConfig data = recipe.data();
    refuse(recipe.task() != null, "the built-in task, whose files are small");
    refuse(recipe.reward().lmEpochs() > 0, "reward.lm_epochs above 0");
    refuse(recipe.tokenizer().path() == null && recipe.model().path() == null,
        "a new tokenizer; name one as tokenizer.path or model.path");
    PreferenceData.checkTest(data);
    for (Path file : files(data)) {
      if (!Files.isRegularFile(file)) {
        throw InputException.in(file, "does not exist");
      }
    }
  }

  private static void refuse(boolean refused, String together) {
    if (refused) {
      throw InputException.key("data.streaming", "is true, must be false with " + together);
    }
  }

  /**
   * Reads the files, unless an interrupted run has done so.
   *
   * @throws InputException if no row of a file can be used
   */
  static StreamedPairs open(RunContext context, PairTokenizer tokenizer) {
    RecipeConfig recipe = context.recipe();
    CheckpointStore cache = new CheckpointStore(directory(context), 1);
    String identity = identity(recipe);
    Checkpoint files = cache.latest().filter(found -> found.progress().path(IDENTITY).asText().equals(identity))
        .orElseGet(() -> write(context, tokenizer, cache, identity));
    return new StreamedPairs(files, recipe);
  }

  private static Checkpoint write(RunContext context, PairTokenizer tokenizer, CheckpointStore cache,
      String identity) {
    cache.clear();
    try {
      ObjectNode progress = JsonNodeFactory.instance.objectNode().put(IDENTITY, identity);
      return cache.write(0, progress, target -> write(context.recipe().data(), tokenizer, target, progress));
    } catch (RuntimeException e) {
      cache.clear();
      // A directory of checkpoints would make it a run that can be gone on with.
      if (!context.run().continued()) {
        context.run().checkpoints().toFile().delete();
      }
      throw e;
    }
  }

  /** Where the tokens lie. */
  static Path directory(RunContext context) {
    return context.run().checkpoints().resolve("pairs");
  }

  private static void write(DataConfig data, PairTokenizer tokenizer, Path target, ObjectNode progress)
      throws IOException {
    List<DatasetConfig> parts = new ArrayList<>(data.requirePreferences());
    if (data.preferenceTest() != null) {
      parts.add(new DatasetConfig(data.preferenceTest(), 1, data.format(), data.fields()));
    }
    List<String> notes = new ArrayList<>();
    try (PairStoreWriter writer = new PairStoreWriter(target)) {
      for (int i = 0; i < parts.size(); i++) {
        boolean measures = i == data.requirePreferences().size();
        new Part(i, parts.get(i), measures ? 0 : data.minScoreGap()).write(data, tokenizer, writer, notes);
      }
    }
    notes.forEach(progress.putArray(NOTES)::add);
  }

  /** One file on its way into the store. */
  private static final class Part {

    private final int number;
    private final DatasetConfig file;
    private final double minScoreGap;
    private long used;
    private long truncated;

    Part(int number, DatasetConfig file, double minScoreGap) {
      this.number = number;
      this.file = file;
      this.minScoreGap = minScoreGap;
    }

    void write(DataConfig data, PairTokenizer tokenizer, PairStoreWriter writer, List<String> notes) {
      PreferenceLayout layout = PreferenceData.layout(file, minScoreGap, data.rowHook());
      SkippedRows skipped = PreferenceReader.each(file.path(), layout, row -> switch (tokenizer.fit(row)) {
        case Outcome.Fitted(var pair, boolean cut) -> {
          writer.add(number, row, pair);
          used++;
          truncated += cut ? 1 : 0;
          yield Optional.empty();
        }
        case Outcome.Skipped(var reason) -> Optional.of(reason);
      });
      if (used == 0) {
        throw skipped.summary().map(summary -> new InputException(summary + "; none is left"))
            .orElseGet(() -> InputException.in(file.path(), "has no rows"));
      }
      skipped.summary().ifPresent(notes::add);
      if (truncated > 0) {
        notes.add(PreferenceData.truncated(file.path(), truncated, used));
      }
    }
  }

  /** What a stored file of tokens belongs to; a changed data file has another size or time. */
  private static String identity(RecipeConfig recipe) {
    StringBuilder identity = new StringBuilder(recipe.hash());
    Path model = recipe.tokenizer().path() != null ? recipe.tokenizer().path() : recipe.model().path();
    Stream.concat(files(recipe.data()).stream(), Stream.ofNullable(model).map(path -> path.resolve("tokenizer.json")))
        .forEach(file -> {
          try {
            identity.append('/').append(Files.size(file)).append('@')
                .append(Files.getLastModifiedTime(file).toMillis());
          } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + e.getMessage() + ")");
          }
        });
    return identity.toString();
  }

  private static List<Path> files(DataConfig data) {
    return Stream.concat(data.requirePreferences().stream().map(DatasetConfig::path),
        Stream.ofNullable(data.preferenceTest())).toList();
  }

  private static int[] rows(PairStore.Part part, List<Integer> chosen) {
    return chosen.stream().mapToInt(i -> part.rows()[i]).toArray();
  }

  private static int[] weighted(int[] rows, double weight, long seed) {
    return weight == 1 ? rows
        : Batches.weighted(new RowNumbers(rows), weight, seed).stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] joined(List<int[]> lists) {
    return lists.stream().flatMapToInt(IntStream::of).toArray();
  }

  PairSource train() {
    return store.select(train);
  }

  PairSource test() {
    return store.select(test);
  }

  /** Held-out pairs by the name of their file, if there are several. */
  Map<String, PairSource> testByPart() {
    Map<String, PairSource> sources = new LinkedHashMap<>();
    testByPart.forEach((name, rows) -> sources.put(name, store.select(rows)));
    return sources;
  }

  /** Lengths of the held-out answers. */
  List<PairScores> lengths() {
    return IntStream.of(test).mapToObj(store::lengths).toList();
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
