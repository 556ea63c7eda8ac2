package io.rlhf4j.reward;

import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowOrder;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowStore;
import java.nio.file.Path;
import java.util.List;

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

  /** The rows themselves. */
  public RowStore<?> rows() {
    return rows;
  }

  /** Lengths of both answers of pairs as texts, as scores: the longer one scores higher. */
  public List<PairScores> lengths(RowNumbers chosen) {
    return ScoreList.made(chosen.size(),
        at -> StoredPair.Codec.characters(rows.fact(chosen.number(at), StoredPair.Codec.CHARACTERS)));
  }

  /** Some of the pairs, some perhaps several times, in any order. */
  public PairSource select(RowNumbers chosen) {
    return new PairSource() {
      @Override
      public int size() {
        return chosen.size();
      }

      @Override
      public TokenizedPair get(int pair) {
        return rows.get(chosen.number(pair)).pair();
      }

      @Override
      public RowNumbers prompts() {
        return RowOrder.groups(pair -> rows.fact(chosen.number(pair), StoredPair.Codec.PROMPT), size(), space());
      }

      @Override
      public int tokens(int pair) {
        return packedTokens(pair) + StoredPair.Codec.promptLength(rows.fact(chosen.number(pair),
            StoredPair.Codec.LENGTHS));
      }

      @Override
      public int packedTokens(int pair) {
        return rows.length(chosen.number(pair)) / Integer.BYTES;
      }

      @Override
      public RowSpace space() {
        return rows.space();
      }
    };
  }

  @Override
  public void close() {
    rows.close();
  }
}
