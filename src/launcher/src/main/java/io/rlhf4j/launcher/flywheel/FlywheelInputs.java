package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.PreferenceData;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files that all rounds read. They must stay as they were when the first round began.
 *
 * @param sft demonstrations; without them round 0 is the model that the recipe starts from
 * @param preferences pairs for the first reward model, if one is trained
 * @param preferencesTest pairs that only measure reward models, likewise
 * @param prompts that are answered in the rounds, or held out to decide about them
 * @param promptsTest that are reported on and decide nothing
 */
record FlywheelInputs(Optional<Path> sft, Optional<Path> preferences, Optional<Path> preferencesTest, Path prompts,
    Path promptsTest) {

  private static final String FILE = "inputs.json";

  /**
   * Finds the files, or makes those of the built-in task, and checks that none has changed.
   *
   * @param trainsReward whether there is a reward model that learns from preferences
   * @throws InputException naming the file that is missing or has changed
   */
  static FlywheelInputs open(RecipeConfig recipe, Optional<Task> task, boolean trainsReward, Path root) {
    Path generated = root.resolve("data");
    DataConfig data = recipe.data();
    makeRoot(root);
    boolean complete = Stream.of(data.sft(), data.preferenceTrain(), data.preferenceTest(), data.promptsTrain(),
        data.promptsTest()).allMatch(Objects::nonNull);
    if (task.isPresent() && !complete && !Files.exists(generated)) {
      try {
        AtomicFiles.writeDirectory(generated, directory -> task.get().generate(directory, recipe.seed()));
      } catch (IOException e) {
        throw new InputException(generated + ": cannot be written (" + e.getMessage() + ")", e);
      }
    }
    boolean startsTrained = task.isEmpty() && data.sft() == null && recipe.model().path() != null;
    FlywheelInputs inputs = new FlywheelInputs(
        startsTrained ? Optional.empty() : Optional.of(found("sft", data.sft(), task, TaskFile.SFT, generated)),
        trainsReward ? Optional.of(
            found("preference_train", data.preferenceTrain(), task, TaskFile.PREFERENCE_TRAIN, generated))
            : Optional.empty(),
        trainsReward ? Optional.of(
            found("preference_test", data.preferenceTest(), task, TaskFile.PREFERENCE_TEST, generated))
            : Optional.empty(),
        found("prompts_train", data.promptsTrain(), task, TaskFile.PROMPTS_TRAIN, generated),
        found("prompts_test", data.promptsTest(), task, TaskFile.PROMPTS_TEST, generated));
    inputs.checkUnchanged(recipe, root.resolve(FILE));
    return inputs;
  }

  private static void makeRoot(Path root) {
    try {
      Files.createDirectories(root);
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static Path found(String key, @Nullable Path given, Optional<Task> task, TaskFile file, Path generated) {
    if (given == null && task.isEmpty()) {
      throw InputException.key("data." + key, "is missing, must name a file" + switch (file) {
        case SFT -> ", or model.path a model that can answer already";
        case PREFERENCE_TRAIN, PREFERENCE_TEST -> " that the first reward model learns from or is measured with, or the"
            + " recipe must have rewards";
        case PROMPTS_TRAIN -> " of prompts that rounds answer";
        case PROMPTS_TEST -> " of prompts that rounds never answer";
      });
    }
    return given == null ? file.in(generated) : given;
  }

  private void checkUnchanged(RecipeConfig recipe, Path file) {
    Map<String, Path> files = new LinkedHashMap<>();
    sft.ifPresent(path -> files.put("data.sft", path));
    preferences.ifPresent(path -> files.put("data.preference_train", path));
    preferencesTest.ifPresent(path -> files.put("data.preference_test", path));
    files.put("data.prompts_train", prompts);
    files.put("data.prompts_test", promptsTest);
    Provenance now = Provenance.of("flywheel", Version.number(), recipe.seed(), Map.of(), files);
    Optional<Provenance> before = Provenance.read(file);
    if (before.isEmpty()) {
      now.write(file);
      return;
    }
    files.forEach((key, path) -> {
      if (before.get().inputs().get(key) == null) {
        throw InputException.key(key, path + " was not there when round 0 began; take it out, or start another flywheel"
            + " with another name");
      }
      if (!Objects.equals(before.get().inputs().get(key), now.inputs().get(key))) {
        throw InputException.key(key, path + " has changed since round 0 began; put the old file back, or start another"
            + " flywheel with another name");
      }
    });
    if (before.get().seed() != recipe.seed()) {
      throw InputException.key("seed", "is " + recipe.seed() + ", was " + before.get().seed()
          + " when round 0 began; a flywheel keeps its seed");
    }
  }

  /** Of {@link #preferences}: that of the recipe for a file of the user's. */
  PreferenceLayout layout(RecipeConfig recipe) {
    return recipe.data().preferenceTrain() == null ? PreferenceLayout.of(DataFormat.STANDARD)
        : PreferenceData.layout(recipe.data());
  }

  /** Of {@link #preferencesTest}, likewise. */
  PreferenceLayout testLayout(RecipeConfig recipe) {
    return recipe.data().preferenceTest() == null ? PreferenceLayout.of(DataFormat.STANDARD)
        : PreferenceData.testLayout(recipe.data());
  }

  /** The model of round 0, which the KL of all rounds is measured to. */
  Path firstModel(Path root) {
    return Flywheel.directory(root, 0).resolve(sft.isPresent() ? "sft" : "start");
  }
}
