package io.rlhf4j.generate;

import java.util.stream.IntStream;

/** What has occurred in a sample, prompt and response together. */
final class PastTokens {

  private PastTokens() {}

  /** Each token that occurred, once. */
  static IntStream distinct(Sample sample) {
    return IntStream.range(0, sample.sequenceLength()).map(sample::tokenAt).distinct();
  }

  /** Tokens that, if they came next, would complete a run of {@code size} tokens that occurred before. */
  static IntStream completing(Sample sample, int size) {
    int length = sample.sequenceLength();
    return IntStream.rangeClosed(0, length - size)
        .filter(start -> IntStream.range(0, size - 1)
            .allMatch(i -> sample.tokenAt(start + i) == sample.tokenAt(length - size + 1 + i)))
        .map(start -> sample.tokenAt(start + size - 1)).distinct();
  }
}
