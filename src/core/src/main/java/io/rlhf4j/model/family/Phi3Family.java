package io.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;

/** Phi-3 (Abdin et al. 2024): Llama with fused projections, a sliding window and, in some sizes, partial rotation. */
final class Phi3Family implements ModelFamily {

  @Override
  public String modelType() {
    return "phi3";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("Phi3", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Sizes.read(fields, 4096, false);
    return LlamaFamily.gated(fields, sizes, WindowFields.everywhere(fields, AttentionStyle.plain(sizes), 0), false);
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    List<HubTensor> tensors = new ArrayList<>(ModelFamily.super.layer(shape));
    tensors.removeIf(tensor -> tensor.name().matches(".*\\.(q|k|v|gate|up)_proj\\.weight"));
    tensors.add(HubTensor.stacked("self_attn.qkv_proj.weight", "self_attn.q_proj.weight", "self_attn.k_proj.weight",
        "self_attn.v_proj.weight"));
    tensors.add(HubTensor.stacked("mlp.gate_up_proj.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight"));
    return tensors;
  }
}
