package io.rlhf4j.generate;

/**
 * Random numbers that are a function of a counter and nothing else: no state, so no order of calls to get wrong.
 *
 * <p>The words of the counter are absorbed one by one through the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
 * variant 13 of Stafford), which is a bijection of 64 bits in which every input bit flips each output bit with a
 * probability near one half.
 */
final class CounterRandom {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  /** fp32 holds 24 bits between 0 and 1 evenly; the largest result is {@code 1 - 2^-24}. */
  private static final float UNIT = 0x1p-24f;

  private CounterRandom() {}

  /** Hash of the words in their order. */
  static long bits(long... words) {
    long state = 0;
    for (long word : words) {
      state = mix(state + GOLDEN_GAMMA ^ mix(word + GOLDEN_GAMMA));
    }
    return state;
  }

  /** Uniform on {@code [0, 1)}, a multiple of {@code 2^-24}. */
  static float uniform(long... words) {
    return (bits(words) >>> 40) * UNIT;
  }

  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
