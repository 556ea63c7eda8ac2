package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DatasetConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What {@code data.streaming} asks of a recipe. */
final class Streaming {

  private Streaming() {}

  /** @throws InputException if the recipe asks for what needs all rows in memory */
  static void check(RecipeConfig recipe) {
    refuse(recipe.task() != null, "the built-in task, whose files are small");
    refuse(recipe.tokenizer().path() == null && recipe.model().path() == null,
        "a new tokenizer; name one as tokenizer.path or model.path");
  }

  /** As the other, for training of a reward model. */
  static void checkReward(RecipeConfig recipe) {
    check(recipe);
    PreferenceData.checkTest(recipe.data());
    preferences(recipe.data()).forEach(Streaming::exists);
  }

  private static void refuse(boolean refused, String together) {
    if (refused) {
      throw InputException.key("data.streaming", "is true, must be false with " + together);
    }
  }

  /** @throws InputException if there is no such file */
  static void exists(Path file) {
    if (!Files.isRegularFile(file)) {
      throw InputException.in(file, "does not exist");
    }
  }

  /** Files to learn from, then those that only measure. */
  static List<Path> preferences(DataConfig data) {
    return Stream.concat(data.requirePreferences().stream(), data.preferenceTests().stream())
        .map(DatasetConfig::path).toList();
  }

  /** Of tokens of these files. */
  static String identity(RecipeConfig recipe, List<Path> files) {
    Path model = recipe.tokenizer().path() != null ? recipe.tokenizer().path() : recipe.model().path();
    return RowCache.identity(recipe.hash(),
        Stream.concat(files.stream(), Stream.of(Objects.requireNonNull(model).resolve("tokenizer.json"))));
  }

  /** Where tokens of a run lie. */
  static Path directory(RunContext context, String name) {
    return context.run().checkpoints().resolve(name);
  }

  /** A directory of checkpoints would make a run that has not begun one that can be gone on with. */
  static void forget(RunContext context) {
    try {
      if (!context.run().continued()) {
        AtomicFiles.deleteTree(context.run().checkpoints());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + context.run().checkpoints(), e);
    }
  }
}
