package io.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;

/**
 * Gemma 2 (2024): norms with weight {@code 1 + w} before and after each block, soft caps on scores and logits, a
 * sliding window in every other layer, embeddings scaled by {@code sqrt(H)}.
 */
final class Gemma2Family implements ModelFamily {

  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("Gemma2", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = sizes(fields, 8192);
    AttentionStyle attention = WindowFields.some(fields, attention(fields, sizes, 50), layer -> layer % 2 == 0);
    return shape(fields, sizes, attention, RotaryFields.read(fields, sizes, 10_000, 1), 30);
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    List<HubTensor> tensors = new ArrayList<>();
    for (HubTensor tensor : ModelFamily.super.layer(shape)) {
      String part = tensor.name();
      tensors.add(HubTensor.named(switch (part) {
        case "self_attn.output_norm.weight" -> "post_attention_layernorm.weight";
        case "post_attention_layernorm.weight" -> "pre_feedforward_layernorm.weight";
        case "mlp.output_norm.weight" -> "post_feedforward_layernorm.weight";
        default -> part;
      }, part));
    }
    return tensors;
  }

  static Sizes sizes(ConfigFields fields, int maxPositions) {
    if (!fields.has("head_dim")) {
      throw fields.wrong("head_dim", fields.node("head_dim"), "an integer");
    }
    return Sizes.read(fields, maxPositions, true);
  }

  static AttentionStyle attention(ConfigFields fields, Sizes sizes, double defaultSoftCap) {
    fields.only("use_bidirectional_attention", false);
    boolean biases = fields.flag("attention_bias", false);
    return AttentionStyle.plain(sizes).withBiases(biases, biases)
        .withScale(1 / Math.sqrt(fields.number("query_pre_attn_scalar", 256)))
        .withSoftCap(softCap(fields, "attn_logit_softcapping", defaultSoftCap));
  }

  static DecoderShape shape(ConfigFields fields, Sizes sizes, AttentionStyle attention, PositionStyle positions,
      double defaultSoftCap) {
    // Newer configurations know one name of the activation, older ones have both and mean this one.
    fields.has("hidden_act");
    return new DecoderShape(sizes,
        new NormStyle(NormStyle.Kind.RMS_PLUS_ONE, fields.number("rms_norm_eps", 1e-6), true), attention,
        FeedForwardStyle.gated(Activations.read(fields, "hidden_activation", "gelu_pytorch_tanh"), false), positions,
        Math.sqrt(sizes.hiddenSize()), softCap(fields, "final_logit_softcapping", defaultSoftCap));
  }

  /** A cap that is null is switched off; one that is missing has its default. */
  private static double softCap(ConfigFields fields, String field, double absent) {
    return fields.json().has(field) ? fields.number(field, 0) : absent;
  }
}
