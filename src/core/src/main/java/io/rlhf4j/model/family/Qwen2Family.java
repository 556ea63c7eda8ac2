package io.rlhf4j.model.family;

/** Qwen2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values; upper layers may have a window. */
final class Qwen2Family implements ModelFamily {

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("Qwen2", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Sizes.read(fields, 32_768, false);
    fields.only("use_mrope", false);
    return LlamaFamily.gated(fields, sizes, windowed(fields, AttentionStyle.plain(sizes).withBiases(true, false)),
        false);
  }

  /** The window counts only where {@code use_sliding_window} says so. */
  static AttentionStyle windowed(ConfigFields fields, AttentionStyle attention) {
    int firstWindowed = fields.integer("max_window_layers", 28);
    AttentionStyle with = WindowFields.some(fields, attention, layer -> layer >= firstWindowed);
    return fields.flag("use_sliding_window", false) ? with : attention;
  }
}
