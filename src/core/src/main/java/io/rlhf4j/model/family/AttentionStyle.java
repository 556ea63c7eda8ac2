package io.rlhf4j.model.family;

import java.util.Collections;
import java.util.List;

/**
 * How a decoder attends.
 *
 * @param inputBiases whether queries, keys and values have biases
 * @param outputBias whether the output projection has a bias
 * @param headNorms whether every query and key head is normalised before it is rotated
 * @param scale factor on the scores
 * @param softCap {@code c} of {@code c * tanh(score / c)}; 0 for none
 * @param window positions that a token of a windowed layer sees, itself included; 0 if no layer has a window
 * @param windowed for each layer whether it has the window
 */
public record AttentionStyle(boolean inputBiases, boolean outputBias, boolean headNorms, double scale, double softCap,
    int window, List<Boolean> windowed) {

  public AttentionStyle {
    windowed = List.copyOf(windowed);
  }

  /** Every token sees all before it; scale {@code 1 / sqrt(d)}. */
  static AttentionStyle plain(Sizes sizes) {
    return new AttentionStyle(false, false, false, 1 / Math.sqrt(sizes.headSize()), 0, 0,
        Collections.nCopies(sizes.layers(), false));
  }

  AttentionStyle withBiases(boolean inputs, boolean output) {
    return new AttentionStyle(inputs, output, headNorms, scale, softCap, window, windowed);
  }

  AttentionStyle withHeadNorms() {
    return new AttentionStyle(inputBiases, outputBias, true, scale, softCap, window, windowed);
  }

  AttentionStyle withScale(double factor) {
    return new AttentionStyle(inputBiases, outputBias, headNorms, factor, softCap, window, windowed);
  }

  AttentionStyle withSoftCap(double cap) {
    return new AttentionStyle(inputBiases, outputBias, headNorms, scale, cap, window, windowed);
  }

  AttentionStyle withWindow(int positions, List<Boolean> layers) {
    int seen = layers.contains(true) ? positions : 0;
    return new AttentionStyle(inputBiases, outputBias, headNorms, scale, softCap, seen, layers);
  }
}
