package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.LabelledSteps;
import io.rlhf4j.data.LabelledStepsReader;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowStore;
import io.rlhf4j.data.RowStoreWriter;
import io.rlhf4j.data.StepLayout;
import io.rlhf4j.reward.process.StepExample;
import io.rlhf4j.reward.process.StepExampleCodec;
import io.rlhf4j.reward.process.StepTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of labelled steps of a recipe with {@code data.streaming}, see {@link RowCache}. */
final class StreamedSteps implements AutoCloseable {

  private final RowStore<StepExample> store;
  private final List<String> notes;
  private final StoredSplit split;

  private StreamedSteps(RowStore<StepExample> store, List<String> notes, StoredSplit split) {
    this.store = store;
    this.notes = notes;
    this.split = split;
  }

  /**
   * Reads the files, unless an interrupted run has done so.
   *
   * @throws io.rlhf4j.config.InputException if no row of a file can be used, or none that measures takes a side
   */
  static StreamedSteps open(RunContext context, StepTokenizer tokenizer) {
    RecipeConfig recipe = context.recipe();
    List<Path> paths = Streaming.preferences(recipe.data());
    List<DatasetConfig> files = Stream.concat(recipe.data().requirePreferences().stream(),
        recipe.data().preferenceTests().stream()).toList();
    try {
      return open(recipe, RowCache.open(Streaming.directory(context, "steps"), Streaming.identity(recipe, paths),
          (target, notes) -> write(recipe, files, tokenizer, target, notes)));
    } catch (RuntimeException e) {
      Streaming.forget(context);
      throw e;
    }
  }

  private static StreamedSteps open(RecipeConfig recipe, RowCache cache) {
    RowStore<StepExample> store = RowStore.open(cache.directory(), new StepExampleCodec());
    try {
      StreamedSteps steps = new StreamedSteps(store, cache.notes(), StoredSplit.of(recipe, store));
      StepData.checkMeasures(steps.test());
      return steps;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static void write(RecipeConfig recipe, List<DatasetConfig> files, StepTokenizer tokenizer, Path target,
      List<String> notes) throws IOException {
    try (RowStoreWriter<StepExample> writer = new RowStoreWriter<>(target, new StepExampleCodec())) {
      for (int i = 0; i < files.size(); i++) {
        StepLayout layout = StepData.layout(recipe, files.get(i).fields());
        write(i, files.get(i).path(), layout, tokenizer, writer, notes);
      }
    }
  }

  private static void write(int number, Path file, StepLayout layout, StepTokenizer tokenizer,
      RowStoreWriter<StepExample> writer, List<String> notes) {
    int[] truncated = {0};
    long used = RowCache.<LabelledSteps>read(file, notes, sink -> LabelledStepsReader.each(file, layout, sink),
        row -> switch (tokenizer.fit(row)) {
          case StepTokenizer.Outcome.Fitted(var example, boolean cut) -> {
            writer.add(number, RowStoreWriter.hash(row.prompt()), example);
            truncated[0] += cut ? 1 : 0;
            yield Optional.empty();
          }
          case StepTokenizer.Outcome.Skipped(var reason) -> Optional.of(reason);
        });
    if (truncated[0] > 0) {
      notes.add(StepData.truncated(file, truncated[0], used));
    }
  }

  List<StepExample> train() {
    return store.select(split.train());
  }

  List<StepExample> test() {
    return store.select(split.test());
  }

  /** Positions of held-out answers by the name of their file, if there are several. */
  Map<String, RowNumbers> testByPart() {
    return split.testByPart();
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
