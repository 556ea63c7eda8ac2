package io.rlhf4j.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** The weights with the highest value so far, on disk. The earlier of two equal ones stays. */
public final class BestWeights {

  private static final String FILE = "weights.safetensors";

  private final CheckpointStore store;
  private double value = Double.NEGATIVE_INFINITY;
  private int step;

  /** @param directory belongs to this object */
  public BestWeights(Path directory) {
    store = new CheckpointStore(directory, 1);
  }

  /**
   * Keeps the weights if they are better than those before.
   *
   * @param value of the weights, the higher the better; NaN is never better
   */
  public void offer(int step, double value, Map<String, Tensor> weights) {
    if (value > this.value) {
      this.value = value;
      this.step = step;
      store.clear();
      store.write(step, notes(), directory -> SafetensorsWriter.write(directory.resolve(FILE), weights, StoredType.F32,
          Map.of()));
    }
  }

  /** For the notes of a checkpoint; {@link #continueFrom} takes them back. */
  public ObjectNode notes() {
    ObjectNode notes = JsonNodeFactory.instance.objectNode();
    return step == 0 ? notes : notes.put("best_value", value).put("best_step", step);
  }

  /**
   * Goes on where a checkpoint was written. What was found after that will be found again, since training repeats
   * itself.
   */
  public void continueFrom(ObjectNode notes) {
    if (notes.has("best_step")) {
      value = notes.get("best_value").asDouble();
      step = notes.get("best_step").asInt();
    }
  }

  /** Step of the best weights; 0 if none were offered. */
  public int step() {
    return step;
  }

  /** Puts the best weights back, if any were offered. */
  public void restore(Map<String, Tensor> weights) {
    store.latest().ifPresent(best -> {
      try (ModelWeights stored = ModelWeights.open(best.file(FILE))) {
        weights.forEach(stored::readInto);
      }
    });
  }

  /** Deletes them. */
  public void clear() {
    store.clear();
  }
}
