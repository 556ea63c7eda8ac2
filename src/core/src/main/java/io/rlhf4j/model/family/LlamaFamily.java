package io.rlhf4j.model.family;

/**
 * Llama 2 and 3 (Touvron et al. 2023): pre-norm with RMSNorm, rotary positions, grouped-query attention, SwiGLU.
 * Those of its relatives that differ in few fields build on it.
 */
final class LlamaFamily implements ModelFamily {

  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public String architecture(Head head) {
    return named("Llama", head);
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Sizes.read(fields, 2048, false);
    boolean biases = fields.flag("attention_bias", false);
    AttentionStyle attention = AttentionStyle.plain(sizes).withBiases(biases, biases);
    return gated(fields, sizes, attention, fields.flag("mlp_bias", false));
  }

  /** A decoder like Llama with another kind of attention. */
  static DecoderShape gated(ConfigFields fields, Sizes sizes, AttentionStyle attention, boolean feedForwardBiases) {
    return new DecoderShape(sizes, new NormStyle(NormStyle.Kind.RMS, fields.number("rms_norm_eps", 1e-6), false),
        attention, FeedForwardStyle.gated(Activations.read(fields, "hidden_act", "silu"), feedForwardBiases),
        RotaryFields.read(fields, sizes, 10_000, 1), 1, 0);
  }

  /** Names of the classes of {@code transformers} follow one pattern. */
  static String named(String family, Head head) {
    return family + switch (head) {
      case VOCABULARY -> "ForCausalLM";
      case SCORE -> "ForSequenceClassification";
    };
  }
}
