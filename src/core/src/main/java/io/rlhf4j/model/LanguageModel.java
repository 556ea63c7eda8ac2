package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A backbone with a head. */
public sealed interface LanguageModel extends AutoCloseable permits CausalModel, ScalarModel {

  /** Directory within a saved model that holds its adapters by themselves. */
  String ADAPTERS = "adapter";

  Backbone backbone();

  /**
   * Reads a model of either kind: a reward model where {@code config.json}, or the adapters, say that it has a score
   * head, else a language model.
   */
  static LanguageModel load(Path directory) {
    ModelDescription description = ModelDescription.read(directory);
    boolean scores = AdapterFiles.isIn(directory) ? AdapterFiles.scores(directory)
        : description.json().path("architectures").path(0).asText()
            .equals(description.family().architecture(ModelFamily.Head.SCORE));
    return scores ? ScalarModel.load(directory) : CausalModel.load(directory);
  }

  /** Every weight by its name in the common layout, which is Llama's, without adapters; see {@link WeightLayout}. */
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

  /** Adds the adapters, if there are any, to the weights for good, which then learn themselves. */
  default void mergeAdapters() {
    backbone().mergeAdapters();
  }

  /** Takes the adapters, if there are any, away and leaves the model as it was without them. */
  default void removeAdapters() {
    backbone().removeAdapters();
  }

  /**
   * Puts fresh low-rank adapters beside the projections; those that were there are merged. From now on only the new
   * ones and a score head learn.
   *
   * @throws io.rlhf4j.config.InputException if the model has no module of a given name
   */
  default void addAdapters(LoraConfig config, long seed) {
    Path base = backbone().adapterDirectory().orElse(description().directory());
    backbone().mergeAdapters();
    backbone().setAdapters(Adapters.fresh(description(), base, config, seed), seed);
  }

  /** What training updates: every weight, or with adapters those and a score head. */
  default Map<String, Tensor> trainedWeights() {
    return backbone().adapters().map(adapters -> {
      Map<String, Tensor> trained = new LinkedHashMap<>(adapters.weights());
      if (head() == ModelFamily.Head.SCORE) {
        trained.put(WeightLayout.SCORE, weights().get(WeightLayout.SCORE));
      }
      return trained;
    }).orElseGet(() -> {
      Map<String, Tensor> trained = new LinkedHashMap<>(weights());
      if (backbone().embeddingsFrozen()) {
        trained.keySet().removeAll(List.of(WeightLayout.EMBEDDING, WeightLayout.POSITIONS));
      }
      return trained;
    });
  }

  /** Makes every trained weight a leaf that training updates, or freezes all. */
  default void trainable(boolean trainable) {
    trainedWeights().values().forEach(weight -> weight.requireGradient(trainable));
  }

  /** {@link #weights()} with adapters added to their weights, those in new tensors of the current memory scope. */
  default Map<String, Tensor> mergedWeights() {
    Map<String, Tensor> merged = new LinkedHashMap<>(weights());
    merged.putAll(backbone().mergedWeights());
    return merged;
  }

  /**
   * Writes the model into an existing directory as {@link Backbone#saveFormat} says: {@code config.json} and
   * {@code model.safetensors} with adapters added to the weights, adapters by themselves in PEFT's layout, or both, the
   * adapters then in {@code adapter}.
   */
  default void save(Path directory) {
    save(directory, backbone().saveFormat());
  }

  /** The same in fp32 and without adding the adapters to the weights: what training goes on from, to the bit. */
  default void saveApart(Path directory) {
    SaveFormat exact = backbone().saveFormat().exact();
    try (MemoryScope ignored = MemoryScope.open()) {
      Map<String, Tensor> apart = new LinkedHashMap<>(weights());
      apart.putAll(backbone().weightsWithoutAdapters());
      ModelWriter.write(this, directory, apart, exact);
    }
    if (backbone().adapters().isPresent()) {
      AdapterFiles.write(this, directory.resolve(ADAPTERS), exact.floats());
    }
  }

  /** Like {@link #save(Path)} in another format. */
  default void save(Path directory, SaveFormat format) {
    boolean adapters = backbone().adapters().isPresent();
    if (adapters && format.adapters() == LoraOutput.ADAPTER) {
      AdapterFiles.writeAlone(this, directory, format.floats());
      return;
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      ModelWriter.write(this, directory, mergedWeights(), format);
    }
    if (adapters && format.adapters() == LoraOutput.BOTH) {
      AdapterFiles.write(this, directory.resolve(ADAPTERS), format.floats());
    }
  }

  @Override
  void close();
}
