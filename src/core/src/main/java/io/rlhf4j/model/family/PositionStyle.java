package io.rlhf4j.model.family;

import io.rlhf4j.config.InputException;

/** How a decoder knows positions. */
public sealed interface PositionStyle {

  /**
   * Longer sequences have positions of another kind than those up to this length, from their first token on; usually
   * none has.
   */
  default int longestShort() {
    return Integer.MAX_VALUE;
  }

  /** Where the position of token {@code t} of a sequence stands in tables with the longer kind behind the other. */
  default int place(int t, int length) {
    return length > longestShort() ? longestShort() + t : t;
  }

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

    @Override
    public int longestShort() {
      return Math.min(full.scaling().longestShort(), windowed.scaling().longestShort());
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
