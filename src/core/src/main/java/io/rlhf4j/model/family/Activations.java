package io.rlhf4j.model.family;

import io.rlhf4j.model.family.FeedForwardStyle.Activation;

/** Reads the name of an activation. */
final class Activations {

  private Activations() {}

  static Activation read(ConfigFields fields, String field, String absent) {
    String name = fields.has(field) ? fields.node(field).asText() : absent;
    return switch (name) {
      case "silu", "swish" -> Activation.SILU;
      case "gelu" -> Activation.GELU;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> Activation.GELU_TANH;
      default -> {
        fields.refuse(field, "only silu, gelu, gelu_new and gelu_pytorch_tanh are supported");
        yield Activation.SILU;
      }
    };
  }
}
