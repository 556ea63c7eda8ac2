package io.rlhf4j.model.family;

/**
 * A decoder, whatever its family: embedding, layers of attention and feed-forward with residuals, last norm, vocabulary
 * projection.
 *
 * @param sizes how large
 * @param norm how it normalises, before each block and after the last
 * @param attention how it attends
 * @param feedForward the other half of a layer
 * @param positions how it knows positions
 * @param embeddingScale factor on the token embedding
 * @param logitSoftCap {@code c} of {@code c * tanh(logit / c)}; 0 for none
 */
public record DecoderShape(Sizes sizes, NormStyle norm, AttentionStyle attention, FeedForwardStyle feedForward,
    PositionStyle positions, double embeddingScale, double logitSoftCap) {

  /** Rows of the embedding. */
  public int vocabSize() {
    return sizes.vocabSize();
  }

  public int hiddenSize() {
    return sizes.hiddenSize();
  }

  public int layers() {
    return sizes.layers();
  }

  public int heads() {
    return sizes.heads();
  }

  public int kvHeads() {
    return sizes.kvHeads();
  }

  public int headSize() {
    return sizes.headSize();
  }

  /** Longest sequence, tokens. */
  public int maxPositions() {
    return sizes.maxPositions();
  }

  public boolean tiedEmbeddings() {
    return sizes.tiedEmbeddings();
  }
}
