package io.rlhf4j.model;

import io.rlhf4j.model.family.ModelFamilies;
import java.nio.file.Path;

/**
 * A token classifier with two labels ({@code *ForTokenClassification}), as TRL trains process reward models, made one
 * number a row: the softmax of two numbers is the sigmoid of their difference.
 *
 * @param model its scores, without the bias, are logit of label 1 minus logit of label 0
 * @param bias bias of label 1 minus bias of label 0; 0 without one
 */
public record BinaryClassifier(ScalarModel model, double bias) implements AutoCloseable {

  /** Whether {@code config.json} names such a model. */
  public static boolean isIn(ModelDescription description) {
    return description.json().path("architectures").path(0).asText()
        .equals(ModelFamilies.tokenClassifier(description.family()));
  }

  /** @throws io.rlhf4j.config.InputException if the directory holds no token classifier with two labels */
  public static BinaryClassifier load(Path directory) {
    return ModelReader.binary(directory);
  }

  @Override
  public void close() {
    model.close();
  }
}
