package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.SkippedRows;
import java.util.List;

/**
 * Pairs of one file as token ids.
 *
 * @param pairs the usable rows in the order of the file
 * @param skipped rows that could not be used, those beyond the limits included
 * @param truncated how many of {@code pairs} were cut
 */
public record PreparedPairs(List<Pair> pairs, SkippedRows skipped, int truncated) {

  public PreparedPairs {
    pairs = List.copyOf(pairs);
  }

  /** A row and its tokens. */
  public record Pair(PreferencePair row, TokenizedPair tokens) {}

  public static List<PreferencePair> rows(List<Pair> pairs) {
    return pairs.stream().map(Pair::row).toList();
  }

  /** As {@link #tokens}, for training. */
  public static PairSource source(List<Pair> pairs) {
    return PairSource.of(tokens(pairs));
  }

  public static List<TokenizedPair> tokens(List<Pair> pairs) {
    return pairs.stream().map(Pair::tokens).toList();
  }
}
