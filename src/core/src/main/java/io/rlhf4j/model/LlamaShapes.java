package io.rlhf4j.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of a Llama model's weights, in the Hugging Face layout and the order in which files list them. */
final class LlamaShapes {

  /** Weights of one layer in the order in which the kernels take them. */
  static final List<String> LAYER = List.of("input_layernorm", "self_attn.q_proj", "self_attn.k_proj",
      "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj",
      "mlp.down_proj");

  static final String EMBEDDING = "model.embed_tokens.weight";
  static final String NORM = "model.norm.weight";
  static final String PROJECTION = "lm_head.weight";
  static final String SCORE = "score.weight";

  private LlamaShapes() {}

  static String layerWeight(int layer, String part) {
    return "model.layers." + layer + "." + part + ".weight";
  }

  static Map<String, long[]> backbone(LlamaConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put(EMBEDDING, new long[] {config.vocabSize(), config.hiddenSize()});
    for (int layer = 0; layer < config.layers(); layer++) {
      for (String part : LAYER) {
        shapes.put(layerWeight(layer, part), shapeOf(config, part));
      }
    }
    shapes.put(NORM, new long[] {config.hiddenSize()});
    return shapes;
  }

  private static long[] shapeOf(LlamaConfig config, String part) {
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headSize();
    long keys = (long) config.kvHeads() * config.headSize();
    return switch (part) {
      case "input_layernorm", "post_attention_layernorm" -> new long[] {hidden};
      case "self_attn.q_proj" -> new long[] {queries, hidden};
      case "self_attn.k_proj", "self_attn.v_proj" -> new long[] {keys, hidden};
      case "self_attn.o_proj" -> new long[] {hidden, queries};
      case "mlp.gate_proj", "mlp.up_proj" -> new long[] {config.intermediateSize(), hidden};
      case "mlp.down_proj" -> new long[] {hidden, config.intermediateSize()};
      default -> throw new IllegalArgumentException(part);
    };
  }
}
