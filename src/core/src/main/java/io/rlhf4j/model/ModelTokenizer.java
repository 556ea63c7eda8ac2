package io.rlhf4j.model;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;

/** The tokenizer beside a model's weights. */
public final class ModelTokenizer {

  private ModelTokenizer() {}

  /**
   * Opens the tokenizer of a model directory.
   *
   * @throws InputException if it cannot be used, or has more tokens than the model's embedding has rows
   */
  public static Tokenizer load(Path model) {
    return load(model, ModelDescription.read(model).shape());
  }

  /** The same for a model whose shape is known. */
  public static Tokenizer load(Path model, DecoderShape shape) {
    Tokenizer tokenizer = Tokenizer.load(model);
    try {
      check(model, shape, tokenizer);
      return tokenizer;
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** @throws InputException if the tokenizer has more tokens than the embedding has rows */
  public static void check(Path model, DecoderShape shape, Tokenizer tokenizer) {
    if (tokenizer.vocabularySize() > shape.vocabSize()) {
      throw InputException.in(model, "the embedding has " + shape.vocabSize() + " rows, the tokenizer "
          + tokenizer.vocabularySize() + " tokens (vocab_size of config.json, tokenizer.json of "
          + tokenizer.directory() + "); the tokenizer belongs to another model");
    }
  }
}
