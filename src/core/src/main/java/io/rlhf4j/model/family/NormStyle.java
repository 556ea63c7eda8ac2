package io.rlhf4j.model.family;

/**
 * How a decoder normalises.
 *
 * @param kind which formula
 * @param epsilon added to the mean square or the variance
 * @param outputs whether the outputs of attention and feed-forward are normalised too, before they are added
 */
public record NormStyle(Kind kind, double epsilon, boolean outputs) {

  /** In the order of the kernel's numbers. */
  public enum Kind {
    /** Zhang and Sennrich 2019. */
    RMS,
    /** The same with weight {@code 1 + w}. */
    RMS_PLUS_ONE,
    /** Ba et al. 2016, with a bias. */
    LAYER
  }
}
