package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What can be wrong between a recipe and a model directory. */
final class RecipeChecks {

  private RecipeChecks() {}

  /** @throws InputException if the tokenizer or the longest sequence does not fit the model */
  static void tokenizerFits(RecipeConfig recipe, Path model, Tokenizer tokenizer) {
    DecoderShape shape = ModelDescription.read(model).shape();
    ModelTokenizer.check(model, shape, tokenizer);
    if (recipe.data().maxLength() > shape.maxPositions()) {
      throw InputException.key("data.max_length", "is " + recipe.data().maxLength() + ", must be at most "
          + shape.maxPositions() + ", max_position_embeddings of " + model);
    }
  }

  /** The directory of {@code model.path}, which a command cannot do without. */
  static Path model(RecipeConfig recipe) {
    return required("model.path", recipe.model().path(), "the model to start from");
  }

  private static Path required(String key, @Nullable Path path, String what) {
    if (path == null) {
      throw InputException.key(key, "is missing, must name " + what);
    }
    return path;
  }
}
