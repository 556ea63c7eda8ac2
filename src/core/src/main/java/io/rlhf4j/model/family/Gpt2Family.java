package io.rlhf4j.model.family;

import java.util.List;

/** GPT-2 (Radford et al. 2019): layer norms, learned positions, biases; matrices stored as {@code [in, out]}. */
final class Gpt2Family implements ModelFamily {

  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public String architecture(Head head) {
    return switch (head) {
      case VOCABULARY -> "GPT2LMHeadModel";
      case SCORE -> "GPT2ForSequenceClassification";
    };
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    fields.only("scale_attn_by_inverse_layer_idx", false);
    fields.only("add_cross_attention", false);
    fields.only("reorder_and_upcast_attn", false);
    int hidden = fields.integer("n_embd");
    int heads = fields.integer("n_head");
    Sizes sizes = new Sizes(fields.integer("vocab_size"), hidden, fields.integer("n_inner", 4 * hidden),
        fields.integer("n_layer"), heads, heads, hidden / Math.max(1, heads), fields.integer("n_positions", 1024),
        fields.flag("tie_word_embeddings", true));
    AttentionStyle attention = AttentionStyle.plain(sizes).withBiases(true, true);
    return new DecoderShape(sizes,
        new NormStyle(NormStyle.Kind.LAYER, fields.number("layer_norm_epsilon", 1e-5), false),
        fields.flag("scale_attn_weights", true) ? attention : attention.withScale(1),
        new FeedForwardStyle(Activations.read(fields, "activation_function", "gelu_new"), false, true, false),
        new PositionStyle.Learned(), 1, 0);
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public String layerPrefix() {
    return "transformer.h.";
  }

  @Override
  public List<HubTensor> outside() {
    return List.of(HubTensor.named("transformer.wte.weight", WeightLayout.EMBEDDING),
        HubTensor.named("transformer.wpe.weight", WeightLayout.POSITIONS),
        HubTensor.named("transformer.ln_f.weight", WeightLayout.NORM),
        HubTensor.named("transformer.ln_f.bias", WeightLayout.NORM_BIAS));
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    return List.of(HubTensor.named("ln_1.weight", "input_layernorm.weight"),
        HubTensor.named("ln_1.bias", "input_layernorm.bias"),
        HubTensor.transposed("attn.c_attn.weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight",
            "self_attn.v_proj.weight"),
        HubTensor.stacked("attn.c_attn.bias", "self_attn.q_proj.bias", "self_attn.k_proj.bias",
            "self_attn.v_proj.bias"),
        HubTensor.transposed("attn.c_proj.weight", "self_attn.o_proj.weight"),
        HubTensor.named("attn.c_proj.bias", "self_attn.o_proj.bias"),
        HubTensor.named("ln_2.weight", "post_attention_layernorm.weight"),
        HubTensor.named("ln_2.bias", "post_attention_layernorm.bias"),
        HubTensor.transposed("mlp.c_fc.weight", "mlp.up_proj.weight"),
        HubTensor.named("mlp.c_fc.bias", "mlp.up_proj.bias"),
        HubTensor.transposed("mlp.c_proj.weight", "mlp.down_proj.weight"),
        HubTensor.named("mlp.c_proj.bias", "mlp.down_proj.bias"));
  }

  @Override
  public List<String> derivedTensors() {
    return List.of(".attn.bias", ".attn.masked_bias");
  }
}
