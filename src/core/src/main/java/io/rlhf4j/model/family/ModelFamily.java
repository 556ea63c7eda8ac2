package io.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A family of decoders: how its {@code config.json} reads and how its files name the weights. */
public interface ModelFamily {

  /** What is read off the hidden states. */
  enum Head {
    VOCABULARY, SCORE
  }

  /** {@code model_type} in {@code config.json}. */
  String modelType();

  /** The {@code transformers} class that loads such a model. */
  String architecture(Head head);

  /** Reads the description; what is not supported is noted in {@code fields}. */
  DecoderShape describe(ConfigFields fields);

  /** What all names of the decoder without its head begin with; some files leave it out. */
  default String prefix() {
    return "model.";
  }

  /** What a layer's names begin with, up to its number. */
  default String layerPrefix() {
    return "model.layers.";
  }

  /** Tensors outside layers and head. */
  default List<HubTensor> outside() {
    return List.of(HubTensor.same(WeightLayout.EMBEDDING), HubTensor.same(WeightLayout.NORM));
  }

  /** Tensors of a layer, without the layer's prefix. */
  default List<HubTensor> layer(DecoderShape shape) {
    return WeightLayout.layerParts(shape).stream().map(HubTensor::same).toList();
  }

  /** Name of the vocabulary projection. */
  default String projection() {
    return WeightLayout.PROJECTION;
  }

  /** Ends of the names of tensors that files may hold although they follow from the configuration. */
  default List<String> derivedTensors() {
    return List.of("rotary_emb.inv_freq");
  }

  /** Every tensor of a model's files below the head. */
  default List<HubTensor> tensors(DecoderShape shape) {
    Map<String, long[]> layout = WeightLayout.backbone(shape);
    List<HubTensor> tensors = new ArrayList<>(outside());
    List<HubTensor> ofLayer = layer(shape);
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (HubTensor tensor : ofLayer) {
        tensors.add(tensor.inLayer(layerPrefix(), layer));
      }
    }
    tensors.removeIf(tensor -> !layout.containsKey(tensor.parts().getFirst()));
    return tensors;
  }

  /** The tensor of the head. */
  default HubTensor head(Head head) {
    return switch (head) {
      case VOCABULARY -> HubTensor.named(projection(), WeightLayout.PROJECTION);
      case SCORE -> HubTensor.same(WeightLayout.SCORE);
    };
  }
}
