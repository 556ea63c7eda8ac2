package io.rlhf4j.model.family;

/** Qwen3 (2025): Qwen2 without biases, with every query and key head normalised. */
final class Qwen3Family implements ModelFamily {

  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("Qwen3", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    if (!fields.has("head_dim")) {
      throw fields.wrong("head_dim", fields.node("head_dim"), "an integer");
    }
    Sizes sizes = Sizes.read(fields, 32_768, false);
    boolean biases = fields.flag("attention_bias", false);
    AttentionStyle attention = AttentionStyle.plain(sizes).withBiases(biases, biases).withHeadNorms();
    return LlamaFamily.gated(fields, sizes, Qwen2Family.windowed(fields, attention), false);
  }
}
