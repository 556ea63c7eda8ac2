package io.rlhf4j.model.family;

import io.rlhf4j.config.InputException;

/**
 * How large a decoder is.
 *
 * @param vocabSize rows of the embedding
 * @param hiddenSize {@code H}
 * @param intermediateSize {@code I} of the feed-forward layer
 * @param layers decoder layers
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headSize {@code d} of one head
 * @param maxPositions longest sequence, tokens
 * @param tiedEmbeddings whether the vocabulary projection is the embedding
 */
public record Sizes(int vocabSize, int hiddenSize, int intermediateSize, int layers, int heads, int kvHeads,
    int headSize, int maxPositions, boolean tiedEmbeddings) {

  /** More than any model has: a damaged number must not fill the memory with names of weights. */
  private static final int MOST_LAYERS = 10_000;

  public Sizes {
    positive("vocab_size", vocabSize);
    positive("hidden_size", hiddenSize);
    positive("intermediate_size", intermediateSize);
    positive("num_hidden_layers", layers);
    positive("num_attention_heads", heads);
    positive("num_key_value_heads", kvHeads);
    positive("head_dim", headSize);
    positive("max_position_embeddings", maxPositions);
    if (layers > MOST_LAYERS) {
      throw InputException.key("num_hidden_layers", "is " + layers + ", must be at most " + MOST_LAYERS);
    }
    if (heads % kvHeads != 0) {
      throw InputException.key("num_key_value_heads", "is " + kvHeads + ", must divide num_attention_heads " + heads);
    }
  }

  /** Reads the names that most families share. */
  static Sizes read(ConfigFields fields, int defaultMaxPositions, boolean defaultTied) {
    int heads = fields.integer("num_attention_heads");
    int hidden = fields.integer("hidden_size");
    return new Sizes(fields.integer("vocab_size"), hidden, fields.integer("intermediate_size"),
        fields.integer("num_hidden_layers"), heads, fields.integer("num_key_value_heads", heads),
        fields.integer("head_dim", hidden / Math.max(1, heads)),
        fields.integer("max_position_embeddings", defaultMaxPositions),
        fields.flag("tie_word_embeddings", defaultTied));
  }

  private static void positive(String key, int value) {
    if (value < 1) {
      throw InputException.key(key, "is " + value + ", must be at least 1");
    }
  }
}
