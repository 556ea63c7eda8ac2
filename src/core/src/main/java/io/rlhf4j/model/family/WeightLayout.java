package io.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The common layout: names and shapes of a decoder's weights while they are in memory. It is Llama's, extended; other
 * families' files are mapped to it when they are read and back when they are written.
 */
public final class WeightLayout {

  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String POSITIONS = "model.embed_positions.weight";
  public static final String NORM = "model.norm.weight";
  public static final String NORM_BIAS = "model.norm.bias";
  public static final String PROJECTION = "lm_head.weight";
  public static final String SCORE = "score.weight";

  /** Weights of one layer in the order in which the kernels take them; a model has some of them. */
  public static final List<String> LAYER = List.of("input_layernorm.weight", "input_layernorm.bias",
      "self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.o_proj.weight",
      "self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias", "self_attn.o_proj.bias",
      "self_attn.q_norm.weight", "self_attn.k_norm.weight", "self_attn.output_norm.weight",
      "post_attention_layernorm.weight", "post_attention_layernorm.bias", "mlp.gate_proj.weight", "mlp.up_proj.weight",
      "mlp.down_proj.weight", "mlp.gate_proj.bias", "mlp.up_proj.bias", "mlp.down_proj.bias",
      "mlp.output_norm.weight");

  private WeightLayout() {}

  public static String layerWeight(int layer, String part) {
    return "model.layers." + layer + "." + part;
  }

  /** Names and shapes of all weights below the head. */
  public static Map<String, long[]> backbone(DecoderShape shape) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put(EMBEDDING, new long[] {shape.vocabSize(), shape.hiddenSize()});
    if (shape.positions() instanceof PositionStyle.Learned) {
      shapes.put(POSITIONS, new long[] {shape.maxPositions(), shape.hiddenSize()});
    }
    List<String> parts = layerParts(shape);
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (String part : parts) {
        shapes.put(layerWeight(layer, part), shapeOf(shape, part));
      }
    }
    shapes.put(NORM, new long[] {shape.hiddenSize()});
    if (shape.norm().kind() == NormStyle.Kind.LAYER) {
      shapes.put(NORM_BIAS, new long[] {shape.hiddenSize()});
    }
    return shapes;
  }

  /** Those parts of a layer that the decoder has, in order. */
  static List<String> layerParts(DecoderShape shape) {
    List<String> parts = new ArrayList<>(LAYER);
    parts.removeIf(part -> !has(shape, part));
    return parts;
  }

  private static boolean has(DecoderShape shape, String part) {
    return switch (part) {
      case "input_layernorm.bias", "post_attention_layernorm.bias" -> shape.norm().kind() == NormStyle.Kind.LAYER;
      case "self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias" -> shape.attention().inputBiases();
      case "self_attn.o_proj.bias" -> shape.attention().outputBias();
      case "self_attn.q_norm.weight", "self_attn.k_norm.weight" -> shape.attention().headNorms();
      case "self_attn.output_norm.weight", "mlp.output_norm.weight" -> shape.norm().outputs();
      case "mlp.gate_proj.weight" -> shape.feedForward().gated();
      case "mlp.gate_proj.bias" -> shape.feedForward().gated() && shape.feedForward().biases();
      case "mlp.up_proj.bias", "mlp.down_proj.bias" -> shape.feedForward().biases();
      default -> true;
    };
  }

  private static long[] shapeOf(DecoderShape shape, String part) {
    long hidden = shape.hiddenSize();
    long inner = shape.sizes().intermediateSize();
    long queries = (long) shape.heads() * shape.headSize();
    long keys = (long) shape.kvHeads() * shape.headSize();
    return switch (part) {
      case "self_attn.q_proj.weight" -> new long[] {queries, hidden};
      case "self_attn.k_proj.weight", "self_attn.v_proj.weight" -> new long[] {keys, hidden};
      case "self_attn.o_proj.weight" -> new long[] {hidden, queries};
      case "self_attn.q_proj.bias" -> new long[] {queries};
      case "self_attn.k_proj.bias", "self_attn.v_proj.bias" -> new long[] {keys};
      case "self_attn.q_norm.weight", "self_attn.k_norm.weight" -> new long[] {shape.headSize()};
      case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> new long[] {inner, hidden};
      case "mlp.gate_proj.bias", "mlp.up_proj.bias" -> new long[] {inner};
      case "mlp.down_proj.weight" -> new long[] {hidden, inner};
      default -> new long[] {hidden};
    };
  }
}
