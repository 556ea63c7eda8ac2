package io.rlhf4j.model.family;

/** Mistral 7B (Jiang et al. 2023): Llama with a sliding window in every layer. */
final class MistralFamily implements ModelFamily {

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public String architecture(Head head) {
    return LlamaFamily.named("Mistral", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Sizes.read(fields, 131_072, false);
    return LlamaFamily.gated(fields, sizes, WindowFields.everywhere(fields, AttentionStyle.plain(sizes), 4096), false);
  }
}
