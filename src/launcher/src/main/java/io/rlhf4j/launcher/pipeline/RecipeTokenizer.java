package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Tokenizers with {@code data.chat_template} in place of their own, for every model that a recipe trains or samples
 * from. {@link Tokenizer#copyTo} saves that template with a model. Rewards keep the templates of their directories.
 */
public final class RecipeTokenizer {

  private RecipeTokenizer() {}

  /** @throws InputException if tokenizer or template cannot be read */
  public static Tokenizer load(RecipeConfig recipe, Path directory) {
    return load(template(recipe), directory);
  }

  /** As the other, with a template that was read elsewhere. */
  static Tokenizer load(Optional<String> template, Path directory) {
    return template.map(source -> Tokenizer.load(directory, source)).orElseGet(() -> Tokenizer.load(directory));
  }

  /** @throws InputException also if the tokenizer has more tokens than the model's embedding has rows */
  public static Tokenizer ofModel(RecipeConfig recipe, Path model) {
    Tokenizer tokenizer = load(recipe, model);
    try {
      ModelTokenizer.check(model, ModelDescription.read(model).shape(), tokenizer);
      return tokenizer;
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** Adds the template, if there is one, to the files that something is made of. */
  public static void describe(RecipeConfig recipe, Map<String, Path> inputs) {
    if (recipe.data().chatTemplate() != null) {
      inputs.put("chat template", recipe.data().chatTemplate());
    }
  }

  /** Source of the template of the recipe, if that names one. */
  static Optional<String> template(RecipeConfig recipe) {
    Path file = recipe.data().chatTemplate();
    try {
      return file == null ? Optional.empty() : Optional.of(Files.readString(file));
    } catch (IOException e) {
      throw InputException.key("data.chat_template", file + " cannot be read (" + e.getMessage() + ")");
    }
  }
}
