package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** A backbone with a head. */
public sealed interface LanguageModel extends AutoCloseable permits CausalModel, ScalarModel {

  Backbone backbone();

  /** Every weight by its name in the common layout, which is Llama's; see {@link WeightLayout}. */
  Map<String, Tensor> weights();

  /** What the model's {@code config.json} says. */
  ModelDescription description();

  /** What is read off the hidden states. */
  ModelFamily.Head head();

  /** The {@code transformers} class that loads it. */
  default String architecture() {
    return description().family().architecture(head());
  }

  /** The {@code config.json} it came from; fields that this project does not know are kept when the model is saved. */
  default ObjectNode source() {
    return description().json();
  }

  /** Hidden states after the last norm, {@code [T, H]}. */
  default Tensor hidden(PackedBatch batch) {
    return backbone().hidden(batch);
  }

  /** Makes every weight a leaf that training updates, or freezes all. */
  default void trainable(boolean trainable) {
    weights().values().forEach(weight -> weight.requireGradient(trainable));
  }

  /** Writes {@code config.json} and {@code model.safetensors} (fp32) into an existing directory. */
  default void save(Path directory) {
    ModelWriter.write(this, directory);
  }

  @Override
  void close();
}
