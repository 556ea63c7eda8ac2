package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowStore;
import java.nio.file.Path;
import java.util.Arrays;

/** Pairs in the files of a {@link RowStore}. {@link PairStoreWriter} writes them. One thread at a time. */
public final class PairStore implements AutoCloseable {

  private final RowStore<StoredPair> rows;

  private PairStore(RowStore<StoredPair> rows) {
    this.rows = rows;
  }

  /** Opens what a writer has left in a directory. */
  public static PairStore open(Path directory) {
    return new PairStore(RowStore.open(directory, new StoredPair.Codec()));
  }

  public int size() {
    return rows.size();
  }

  /** @param part number of the file */
  public RowStore.Part part(int part) {
    return rows.part(part);
  }

  /** Lengths of both answers of a pair as texts, as scores: the longer one scores higher. */
  public PairScores lengths(int row) {
    return StoredPair.Codec.characters(rows.entry(row).facts());
  }

  /** Some of the pairs, some perhaps several times, in any order. */
  public PairSource select(int[] chosen) {
    return new PairSource() {
      @Override
      public int size() {
        return chosen.length;
      }

      @Override
      public TokenizedPair get(int pair) {
        return rows.get(chosen[pair]).pair();
      }

      @Override
      public int[] prompts() {
        long[] all = new long[rows.size()];
        rows.forEach((row, one) -> all[row] = one.facts()[StoredPair.Codec.PROMPT]);
        return Batches.groups(Arrays.stream(chosen).mapToLong(row -> all[row]).toArray());
      }

      @Override
      public int tokens(int pair) {
        RowStore.Entry one = rows.entry(chosen[pair]);
        return stored(one) + StoredPair.Codec.promptLength(one.facts());
      }

      @Override
      public int packedTokens(int pair) {
        return stored(rows.entry(chosen[pair]));
      }

      private int stored(RowStore.Entry entry) {
        return entry.length() / Integer.BYTES;
      }
    };
  }

  @Override
  public void close() {
    rows.close();
  }
}
