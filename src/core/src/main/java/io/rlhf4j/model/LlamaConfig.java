package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.Sizes;

/**
 * Shape of a Llama model that starts from random weights.
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
    new Sizes(vocabSize, hiddenSize, intermediateSize, layers, heads, kvHeads, headSize, maxPositions, tiedEmbeddings);
    if (headSize % 2 != 0) {
      throw InputException.key("head_dim", "is " + headSize + ", must be even for rotary positions");
    }
  }

  /** The {@code config.json} of such a model. */
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("model_type", "llama");
    json.put("hidden_act", "silu");
    json.put("vocab_size", vocabSize);
    json.put("hidden_size", hiddenSize);
    json.put("intermediate_size", intermediateSize);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("num_key_value_heads", kvHeads);
    json.put("head_dim", headSize);
    json.put("rms_norm_eps", rmsNormEpsilon);
    // transformers 4 reads the first of these, transformers 5 the second.
    json.put("rope_theta", ropeTheta);
    json.putObject("rope_parameters").put("rope_theta", ropeTheta).put("rope_type", "default");
    json.put("max_position_embeddings", maxPositions);
    json.put("tie_word_embeddings", tiedEmbeddings);
    return json;
  }
}
