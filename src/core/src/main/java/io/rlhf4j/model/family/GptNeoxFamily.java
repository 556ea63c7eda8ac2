package io.rlhf4j.model.family;

import java.util.List;

/**
 * GPT-NeoX and Pythia (Black et al. 2022): layer norms, feed-forward beside attention, partial rotation, biases, and
 * one matrix in which each head has its query, key and value in turn.
 */
final class GptNeoxFamily implements ModelFamily {

  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("GPTNeoX", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Sizes.read(fields, 2048, false);
    boolean biases = fields.flag("attention_bias", true);
    return new DecoderShape(sizes, new NormStyle(NormStyle.Kind.LAYER, fields.number("layer_norm_eps", 1e-5), false),
        AttentionStyle.plain(sizes).withBiases(biases, biases),
        new FeedForwardStyle(Activations.read(fields, "hidden_act", "gelu"), false, true,
            fields.flag("use_parallel_residual", true)),
        RotaryFields.read(fields, sizes, 10_000, 0.25), 1, 0);
  }

  @Override
  public String prefix() {
    return "gpt_neox.";
  }

  @Override
  public String layerPrefix() {
    return "gpt_neox.layers.";
  }

  @Override
  public List<HubTensor> outside() {
    return List.of(HubTensor.named("gpt_neox.embed_in.weight", WeightLayout.EMBEDDING),
        HubTensor.named("gpt_neox.final_layer_norm.weight", WeightLayout.NORM),
        HubTensor.named("gpt_neox.final_layer_norm.bias", WeightLayout.NORM_BIAS));
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    List<HubTensor> tensors = List.of(HubTensor.same("input_layernorm.weight"), HubTensor.same("input_layernorm.bias"),
        HubTensor.grouped(shape.heads(), "attention.query_key_value.weight", "self_attn.q_proj.weight",
            "self_attn.k_proj.weight", "self_attn.v_proj.weight"),
        HubTensor.grouped(shape.heads(), "attention.query_key_value.bias", "self_attn.q_proj.bias",
            "self_attn.k_proj.bias", "self_attn.v_proj.bias"),
        HubTensor.named("attention.dense.weight", "self_attn.o_proj.weight"),
        HubTensor.named("attention.dense.bias", "self_attn.o_proj.bias"),
        HubTensor.same("post_attention_layernorm.weight"), HubTensor.same("post_attention_layernorm.bias"),
        HubTensor.named("mlp.dense_h_to_4h.weight", "mlp.up_proj.weight"),
        HubTensor.named("mlp.dense_h_to_4h.bias", "mlp.up_proj.bias"),
        HubTensor.named("mlp.dense_4h_to_h.weight", "mlp.down_proj.weight"),
        HubTensor.named("mlp.dense_4h_to_h.bias", "mlp.down_proj.bias"));
    List<String> parts = WeightLayout.layerParts(shape);
    return tensors.stream().filter(tensor -> parts.contains(tensor.parts().getFirst())).toList();
  }

  @Override
  public String projection() {
    return "embed_out.weight";
  }

  @Override
  public List<String> derivedTensors() {
    return List.of("rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias");
  }
}
