package io.rlhf4j.model.family;

import io.rlhf4j.model.family.PositionStyle.Frequencies;
import io.rlhf4j.model.family.PositionStyle.Rotary;

/** Reads rotary positions as older ({@code rope_theta}, {@code rope_scaling}) and newer configurations write them. */
final class RotaryFields {

  private RotaryFields() {}

  /**
   * @param defaultTheta base where none is given
   * @param defaultFraction rotated share of each head where none is given
   */
  static Rotary read(ConfigFields fields, Sizes sizes, double defaultTheta, double defaultFraction) {
    double theta = fields.number("rope_theta", fields.number("rotary_emb_base", defaultTheta));
    double fraction = fields.number("partial_rotary_factor", fields.number("rotary_pct", defaultFraction));
    ConfigFields rope = fields.object("rope_scaling").or(() -> fields.object("rope_parameters")).orElse(null);
    if (rope != null) {
      theta = rope.number("rope_theta", theta);
      fraction = rope.number("partial_rotary_factor", fraction);
    }
    int size = (int) (sizes.headSize() * fraction);
    Frequencies frequencies =
        new Frequencies(theta, rope == null ? new RopeScaling.None() : scaling(rope, sizes.maxPositions()));
    return new Rotary(size, frequencies, frequencies);
  }

  static RopeScaling scaling(ConfigFields rope, int maxPositions) {
    String field = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.has(field) ? rope.node(field).asText() : "default";
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.number("factor"));
      case "dynamic" -> new RopeScaling.Dynamic(rope.number("factor"));
      case "llama3" -> new RopeScaling.Llama3(rope.number("factor"), rope.number("low_freq_factor"),
          rope.number("high_freq_factor"), rope.integer("original_max_position_embeddings"));
      case "yarn" -> yarn(rope, maxPositions);
      default -> {
        rope.refuse(field, "only default, linear, dynamic, llama3 and yarn are supported");
        yield new RopeScaling.None();
      }
    };
  }

  private static RopeScaling yarn(ConfigFields rope, int maxPositions) {
    int original = rope.integer("original_max_position_embeddings", maxPositions);
    double factor = rope.number("factor", (double) maxPositions / original);
    double attention = magnitude(factor, 1);
    if (rope.number("mscale", 0) != 0 && rope.number("mscale_all_dim", 0) != 0) {
      attention = magnitude(factor, rope.number("mscale")) / magnitude(factor, rope.number("mscale_all_dim"));
    }
    return new RopeScaling.Yarn(factor, rope.number("attention_factor", attention), rope.number("beta_fast", 32),
        rope.number("beta_slow", 1), original, rope.flag("truncate", true));
  }

  /** YaRN, equation 22: what longer contexts need to keep attention as sharp. */
  private static double magnitude(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
  }
}
