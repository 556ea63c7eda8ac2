package io.rlhf4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;

/**
 * Shape of a Llama model, as in a Hugging Face {@code config.json}.
 *
 * @param vocabSize rows of the embedding
 * @param hiddenSize {@code H}
 * @param intermediateSize {@code I} of the feed-forward layer
 * @param layers decoder layers
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headSize {@code d} of one head
 * @param rmsNormEpsilon added to the mean square inside the norms
 * @param ropeTheta base of the rotary frequencies
 * @param maxPositions longest sequence, tokens
 * @param tiedEmbeddings whether the vocabulary projection is the embedding
 */
public record LlamaConfig(int vocabSize, int hiddenSize, int intermediateSize, int layers, int heads, int kvHeads,
    int headSize, double rmsNormEpsilon, double ropeTheta, int maxPositions, boolean tiedEmbeddings) {

  public LlamaConfig {
    positive("vocab_size", vocabSize);
    positive("hidden_size", hiddenSize);
    positive("intermediate_size", intermediateSize);
    positive("num_hidden_layers", layers);
    positive("num_attention_heads", heads);
    positive("num_key_value_heads", kvHeads);
    positive("head_dim", headSize);
    positive("max_position_embeddings", maxPositions);
    if (heads % kvHeads != 0) {
      throw InputException.key("num_key_value_heads", "is " + kvHeads + ", must divide num_attention_heads " + heads);
    }
    if (headSize % 2 != 0) {
      throw InputException.key("head_dim", "is " + headSize + ", must be even for rotary positions");
    }
  }

  private static void positive(String key, int value) {
    if (value < 1) {
      throw InputException.key(key, "is " + value + ", must be at least 1");
    }
  }

  /** Reads the fields of {@code config.json}; anything this implementation would get wrong is refused by name. */
  static LlamaConfig parse(Path file, JsonNode json) {
    require(file, json, "model_type", "llama");
    optional(file, json, "hidden_act", "silu");
    refuseTrue(file, json, "attention_bias");
    refuseTrue(file, json, "mlp_bias");
    JsonNode rope = json.path("rope_parameters");
    refuseScaling(file, "rope_scaling", json.path("rope_scaling"));
    refuseScaling(file, "rope_parameters", rope);
    int heads = integer(file, json, "num_attention_heads");
    int hidden = integer(file, json, "hidden_size");
    try {
      return new LlamaConfig(integer(file, json, "vocab_size"), hidden, integer(file, json, "intermediate_size"),
          integer(file, json, "num_hidden_layers"), heads, json.path("num_key_value_heads").asInt(heads),
          json.path("head_dim").asInt(hidden / Math.max(1, heads)), json.path("rms_norm_eps").asDouble(1e-6),
          rope.has("rope_theta") ? rope.get("rope_theta").asDouble() : json.path("rope_theta").asDouble(10_000),
          json.path("max_position_embeddings").asInt(2048), json.path("tie_word_embeddings").asBoolean(false));
    } catch (InputException e) {
      throw InputException.in(file, e.getMessage());
    }
  }

  private static int integer(Path file, JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isInt()) {
      throw InputException.in(file, field + " is " + (value.isMissingNode() ? "missing" : value) + ", must be an integer");
    }
    return value.asInt();
  }

  private static void require(Path file, JsonNode json, String field, String expected) {
    if (!json.path(field).asText().equals(expected)) {
      throw InputException.in(file, field + " is \"" + json.path(field).asText("missing") + "\", only \"" + expected
          + "\" is supported");
    }
  }

  private static void optional(Path file, JsonNode json, String field, String expected) {
    if (json.hasNonNull(field)) {
      require(file, json, field, expected);
    }
  }

  private static void refuseTrue(Path file, JsonNode json, String field) {
    if (json.path(field).asBoolean(false)) {
      throw InputException.in(file, field + " is true, only false is supported");
    }
  }

  private static void refuseScaling(Path file, String field, JsonNode scaling) {
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    if (scaling.isObject() && !type.equals("default")) {
      throw InputException.in(file, field + " is \"" + type + "\", only \"default\" is supported");
    }
  }
}
