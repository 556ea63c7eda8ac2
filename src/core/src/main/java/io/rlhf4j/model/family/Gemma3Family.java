package io.rlhf4j.model.family;

import io.rlhf4j.model.family.PositionStyle.Frequencies;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import java.util.List;
import java.util.Optional;

/**
 * The text model of Gemma 3 (2025): Gemma 2 with normalised query and key heads in place of soft caps, and with rotary
 * frequencies of their own in the layers that have a window.
 */
final class Gemma3Family implements ModelFamily {

  private static final double THETA = 1_000_000;
  private static final double WINDOWED_THETA = 10_000;

  @Override
  public String modelType() {
    return "gemma3_text";
  }

  @Override
  public String architecture(Head head) {
    return switch (head) {
      case VOCABULARY -> "Gemma3ForCausalLM";
      case SCORE -> "Gemma3TextForSequenceClassification";
    };
  }

  @Override
  public DecoderShape describe(ConfigFields fields) {
    Sizes sizes = Gemma2Family.sizes(fields, 131_072);
    int pattern = fields.integer("sliding_window_pattern", fields.integer("_sliding_window_pattern", 6));
    AttentionStyle attention = WindowFields.some(fields, Gemma2Family.attention(fields, sizes, 0).withHeadNorms(),
        layer -> (layer + 1) % pattern != 0);
    return Gemma2Family.shape(fields, sizes, attention, positions(fields, sizes), 0);
  }

  private static Rotary positions(ConfigFields fields, Sizes sizes) {
    Optional<ConfigFields> each = fields.object("rope_parameters");
    Optional<ConfigFields> full = fields.object("rope_scaling").or(() -> each.flatMap(r -> r.object("full_attention")));
    return new Rotary(sizes.headSize(), frequencies(fields, full, sizes, fields.number("rope_theta", THETA)),
        frequencies(fields, each.flatMap(r -> r.object("sliding_attention")), sizes,
            fields.number("rope_local_base_freq", WINDOWED_THETA)));
  }

  private static Frequencies frequencies(ConfigFields fields, Optional<ConfigFields> rope, Sizes sizes, double theta) {
    return new Frequencies(rope.map(r -> r.number("rope_theta", theta)).orElse(theta),
        rope.map(r -> RotaryFields.scaling(fields, r, sizes, sizes.headSize())).orElse(new RopeScaling.None()));
  }

  @Override
  public List<HubTensor> layer(DecoderShape shape) {
    return new Gemma2Family().layer(shape);
  }
}
