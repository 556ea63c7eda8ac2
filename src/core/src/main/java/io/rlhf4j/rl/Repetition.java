package io.rlhf4j.rl;

/**
 * What keeps sampled text from repeating prompt and response.
 *
 * @param penalty divides positive logits of tokens that occurred and multiplies negative ones (Keskar et al. 2019,
 *     section 4.1); 1 changes nothing
 * @param noRepeatNgramSize no sequence of this many tokens occurs twice; 0 allows it
 */
public record Repetition(double penalty, int noRepeatNgramSize) {

  /** Repetition is not looked at. */
  public static final Repetition FREE = new Repetition(1, 0);

  public Repetition {
    if (!(penalty > 0) || Double.isInfinite(penalty)) {
      throw new IllegalArgumentException("repetition_penalty is " + penalty + ", must be greater than 0");
    }
    if (noRepeatNgramSize < 0) {
      throw new IllegalArgumentException("no_repeat_ngram_size is " + noRepeatNgramSize + ", must be at least 0");
    }
  }
}
