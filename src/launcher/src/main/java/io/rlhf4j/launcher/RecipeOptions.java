package io.rlhf4j.launcher;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RecipeLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments of every command that runs a recipe; use it as a picocli mixin. */
public final class RecipeOptions {

  @Parameters(paramLabel = "RECIPE", description = "YAML file, for example configs/recipes/quickstart.yaml.")
  private Path recipe = Path.of("");

  @Option(names = {"-o", "--override"}, paramLabel = "KEY=VALUE",
      description = "Set a key of the recipe, for example -o ppo.iterations=10. May be repeated.")
  private List<String> overrides = new ArrayList<>();

  /** @throws io.rlhf4j.config.InputException with one line that names file, line and key */
  public RecipeConfig load() {
    return RecipeLoader.load(recipe, overrides);
  }
}
