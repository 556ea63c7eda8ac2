package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The arguments of a stage that begins with a model. A picocli mixin. */
final class ModelOptions {

  @Mixin
  private StageOptions stage = new StageOptions();

  @Option(names = "--model", paramLabel = "DIR",
      description = "Model to start from, or to ask; else model.path of the recipe.")
  private @Nullable Path model;

  boolean overwrite() {
    return stage.overwrite();
  }

  /** The recipe, whose {@code model.path} names a directory. */
  RecipeConfig load() {
    RecipeConfig recipe = stage.load("model.path", model);
    RecipeChecks.model(recipe);
    return recipe;
  }
}
