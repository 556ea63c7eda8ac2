package io.rlhf4j.reward;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.EvaluationConfig;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.BestWeights;
import io.rlhf4j.train.StageCheckpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Remembers the best of the measured weights where the configuration asks for it, and does nothing otherwise. */
final class BestState {

  private final @Nullable BestWeights weights;
  /** Deleted at the end; where checkpoints are kept, the best weights lie beside them. */
  private final @Nullable Path temporary;

  private BestState(@Nullable BestWeights weights, @Nullable Path temporary) {
    this.weights = weights;
    this.temporary = temporary;
  }

  static BestState of(EvaluationConfig config, StageCheckpoints checkpoints) {
    if (!config.loadBestModelAtEnd()) {
      return new BestState(null, null);
    }
    Path lasting = checkpoints.bestDirectory().orElse(null);
    try {
      Path temporary = lasting == null ? Files.createTempDirectory("rlhf4j-best") : null;
      return new BestState(new BestWeights(lasting == null ? temporary : lasting), temporary);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a directory for the best weights", e);
    }
  }

  /** @param merit higher is better */
  void offer(int step, double merit, Map<String, Tensor> current) {
    if (weights != null) {
      weights.offer(step, merit, current);
    }
  }

  /** Puts the best weights back; false if the current ones are meant to stay. */
  boolean restore(Map<String, Tensor> current) {
    if (weights != null) {
      weights.restore(current);
    }
    return weights != null;
  }

  int step() {
    return weights == null ? 0 : weights.step();
  }

  ObjectNode notes() {
    return weights == null ? JsonNodeFactory.instance.objectNode() : weights.notes();
  }

  void continueFrom(ObjectNode notes) {
    if (weights != null) {
      weights.continueFrom(notes);
    }
  }

  void close() {
    try {
      if (temporary != null) {
        AtomicFiles.deleteTree(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + temporary, e);
    }
  }
}
