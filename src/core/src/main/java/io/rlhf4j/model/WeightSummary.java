package io.rlhf4j.model;

import io.rlhf4j.tensor.StoredType;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the weight files of a model hold.
 *
 * @param tensors tensors that the model uses
 * @param parameters numbers in them
 * @param byType numbers of each type on disk
 */
public record WeightSummary(int tensors, long parameters, Map<StoredType, Long> byType) {

  public WeightSummary {
    byType = Map.copyOf(byType);
  }

  /**
   * Reads every tensor, one at a time.
   *
   * @throws io.rlhf4j.config.InputException if a tensor is missing, has the wrong shape or holds values that are not
   *     finite, or if a file is damaged
   */
  public static WeightSummary of(Path directory, ModelDescription description) {
    return ModelReader.summary(directory, description);
  }
}
