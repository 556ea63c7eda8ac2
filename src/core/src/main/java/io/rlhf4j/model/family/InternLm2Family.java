package io.rlhf4j.model.family;

import java.util.List;

/**
 * InternLM2 (Cai et al. 2024): Llama with names of its own and one matrix {@code wqkv}, in which every group of query
 * heads is followed by the key head and the value head that it shares.
 */
final class InternLm2Family implements ModelFamily {

  @Override
  public String modelType() {
    return "internlm2";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("InternLM2", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    fields.only("bias", false);
    Sizes sizes = Sizes.read(fields, 2048, false);
    return LlamaFamily.gated(fields, sizes, AttentionStyle.plain(sizes), false);
  }

  @Override
  public List<HubTensor> outside() {
    return List.of(HubTensor.named("model.tok_embeddings.weight", WeightLayout.EMBEDDING),
        HubTensor.same(WeightLayout.NORM));
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    return List.of(HubTensor.named("attention_norm.weight", "input_layernorm.weight"),
        HubTensor.grouped(shape.kvHeads(), "attention.wqkv.weight", "self_attn.q_proj.weight",
            "self_attn.k_proj.weight", "self_attn.v_proj.weight"),
        HubTensor.named("attention.wo.weight", "self_attn.o_proj.weight"),
        HubTensor.named("ffn_norm.weight", "post_attention_layernorm.weight"),
        HubTensor.named("feed_forward.w1.weight", "mlp.gate_proj.weight"),
        HubTensor.named("feed_forward.w3.weight", "mlp.up_proj.weight"),
        HubTensor.named("feed_forward.w2.weight", "mlp.down_proj.weight"));
  }

  @Override
  public String projection() {
    return "output.weight";
  }
}
