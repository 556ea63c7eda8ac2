package io.rlhf4j.reward;

import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowWords;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.IntFunction;

/** Scores of as many pairs as there are rows, 16 bytes each and no object. */
final class ScoreList extends AbstractList<PairScores> implements RandomAccess {

  private final RowWords chosen;
  private final RowWords rejected;
  private int size;

  /** An empty one that can hold so many. */
  ScoreList(int most, RowSpace space) {
    chosen = space.words(most);
    rejected = space.words(most);
  }

  @Override
  public boolean add(PairScores scores) {
    chosen.put(size, Double.doubleToRawLongBits(scores.chosen()));
    rejected.put(size++, Double.doubleToRawLongBits(scores.rejected()));
    return true;
  }

  @Override
  public PairScores get(int pair) {
    if (pair >= size) {
      throw new IndexOutOfBoundsException(pair);
    }
    return new PairScores(Double.longBitsToDouble(chosen.get(pair)), Double.longBitsToDouble(rejected.get(pair)));
  }

  @Override
  public int size() {
    return size;
  }

  /** Some of the scores, each found when it is asked for. */
  static List<PairScores> some(List<PairScores> scores, RowNumbers positions) {
    return made(positions.size(), at -> scores.get(positions.number(at)));
  }

  /** Scores that are made whenever they are asked for. */
  static List<PairScores> made(int size, IntFunction<PairScores> scores) {
    class Made extends AbstractList<PairScores> implements RandomAccess {
      @Override
      public PairScores get(int pair) {
        return scores.apply(pair);
      }

      @Override
      public int size() {
        return size;
      }
    }
    return new Made();
  }
}
