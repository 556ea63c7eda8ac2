package io.rlhf4j.launcher.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RecipeLoader;
import io.rlhf4j.launcher.pipeline.RunContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments that every stage has: an optional recipe, and keys that replace some of it. A picocli mixin. */
final class StageOptions {

  @Parameters(arity = "0..1", paramLabel = "RECIPE",
      description = "YAML file with settings. Without one, every key has its default.")
  private @Nullable Path recipe;

  @Option(names = {"-o", "--override"}, paramLabel = "KEY=VALUE",
      description = "Set a key of the recipe, for example -o dpo.beta=0.2. May be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--seed", paramLabel = "N", description = "Seed of every random choice; else that of the recipe.")
  private @Nullable Long seed;

  @Option(names = "--overwrite", description = "Replace an output that is there already.")
  private boolean overwrite;

  boolean overwrite() {
    return overwrite;
  }

  /**
   * The recipe with what other options say, and its share of the processor's cores.
   *
   * @param key of the recipe
   * @param value for that key; null leaves it
   */
  RecipeConfig load(String key, @Nullable Path value) {
    List<String> all = new ArrayList<>(overrides);
    if (value != null) {
      all.add(key + "=" + quoted(value.toString()));
    }
    if (seed != null) {
      all.add("seed=" + seed);
    }
    RecipeConfig loaded = recipe == null ? RecipeLoader.defaults(all) : RecipeLoader.load(recipe, all);
    RunContext.shareCores(loaded);
    return loaded;
  }

  private static String quoted(String text) {
    try {
      // A JSON text is a YAML text.
      return new ObjectMapper().writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every text is JSON", e);
    }
  }
}
