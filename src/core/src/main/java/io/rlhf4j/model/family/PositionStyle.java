package io.rlhf4j.model.family;

import io.rlhf4j.config.InputException;

/** How a decoder knows positions. */
public sealed interface PositionStyle {

  /** One learned vector a position, added to the embedding. */
  record Learned() implements PositionStyle {}

  /**
   * Rotary positions (Su et al. 2021).
   *
   * @param size rotated elements of each head, from its start; even
   * @param full frequencies of layers without a window
   * @param windowed frequencies of layers with a window; usually the same
   */
  record Rotary(int size, Frequencies full, Frequencies windowed) implements PositionStyle {

    public Rotary {
      if (size < 2 || size % 2 != 0) {
        throw InputException.key("head_dim", "rotary positions turn " + size
            + " elements of each head, must be even and at least 2");
      }
    }

    public boolean sameEverywhere() {
      return full.equals(windowed);
    }
  }

  /**
   * Frequencies of rotary positions.
   *
   * @param theta base of the frequencies
   * @param scaling what stretches them beyond the length of pretraining
   */
  record Frequencies(double theta, RopeScaling scaling) {}
}
