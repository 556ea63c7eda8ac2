package io.rlhf4j.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.model.family.PositionStyle.Frequencies;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import java.util.ArrayList;
import java.util.List;

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
        new Frequencies(theta, rope == null ? new RopeScaling.None() : scaling(fields, rope, sizes, size));
    return new Rotary(size, frequencies, frequencies);
  }

  /**
   * @param fields the whole configuration
   * @param rope what it says of rotary positions
   * @param size rotated elements of each head
   */
  static RopeScaling scaling(ConfigFields fields, ConfigFields rope, Sizes sizes, int size) {
    String field = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.has(field) ? rope.node(field).asText() : "default";
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.number("factor"));
      case "dynamic" -> new RopeScaling.Dynamic(rope.number("factor"));
      case "llama3" -> new RopeScaling.Llama3(rope.number("factor"), rope.number("low_freq_factor"),
          rope.number("high_freq_factor"), original(fields, rope, sizes));
      case "yarn", "longrope", "su" -> perFrequency(type, fields, rope, sizes, size);
      default -> {
        rope.refuse(field, "only default, linear, dynamic, llama3, yarn and longrope are supported");
        yield new RopeScaling.None();
      }
    };
  }

  /** The first files of Phi-3 called LongRoPE "su" or, with factors for each frequency, "yarn". */
  private static RopeScaling perFrequency(String type, ConfigFields fields, ConfigFields rope, Sizes sizes, int size) {
    int original = original(fields, rope, sizes);
    return type.equals("yarn") && !rope.has("short_factor") ? yarn(rope, sizes.maxPositions(), original)
        : longRope(rope, sizes.maxPositions(), original, size / 2);
  }

  /** Length of pretraining, tokens: what stands beside the other fields counts before what stands among these. */
  private static int original(ConfigFields fields, ConfigFields rope, Sizes sizes) {
    String field = "original_max_position_embeddings";
    return fields.integer(field, rope.integer(field, sizes.maxPositions()));
  }

  private static RopeScaling longRope(ConfigFields rope, int maxPositions, int original, int pairs) {
    double factor = rope.number("factor", (double) maxPositions / original);
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new RopeScaling.LongRope(factors(rope, "short_factor", pairs), factors(rope, "long_factor", pairs),
        rope.number("attention_factor", attention), original);
  }

  private static List<Double> factors(ConfigFields rope, String field, int pairs) {
    JsonNode values = rope.node(field);
    List<Double> factors = new ArrayList<>();
    for (JsonNode value : values) {
      if (value.isNumber() && value.asDouble() > 0) {
        factors.add(value.asDouble());
      }
    }
    if (!values.isArray() || factors.size() != values.size() || factors.size() != pairs) {
      throw rope.wrong(field, values, "a list of " + pairs + " positive numbers");
    }
    return factors;
  }

  private static RopeScaling yarn(ConfigFields rope, int maxPositions, int original) {
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
