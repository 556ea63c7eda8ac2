package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Rows gathered into packs of at most so many tokens. Nothing is dropped and nothing is split: a row that is longer
 * than a pack gets one of its own.
 *
 * @param <T> the kind of row
 * @param packs rows of each pack, in their old order; not to be changed
 * @param capacity tokens that a pack may hold
 * @param overlong packs that hold one row of more than {@code capacity} tokens
 * @param waste share of the other packs' room that holds no token, in [0, 1)
 */
public record Packs<T>(List<List<T>> packs, int capacity, int overlong, double waste) {

  /**
   * Packs rows by best-fit decreasing (Johnson 1974) over windows: rows are taken in stretches of some packs' tokens,
   * in their order, and the longest of a stretch goes first into the fullest pack that has room for it. So shuffled
   * rows stay about where they were. The same rows in the same order always give the same packs.
   */
  public static <T> Packs<T> of(List<T> rows, ToIntFunction<? super T> tokens, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a pack of " + capacity + " tokens holds nothing");
    }
    Packer packer = new Packer(capacity, rows.size(), RowSpace.of(rows));
    for (int i = 0; i < rows.size(); i++) {
      packer.add(i, tokens.applyAsInt(rows.get(i)));
    }
    packer.finish();
    long room = (long) capacity * (packer.count - packer.overlong);
    return new Packs<>(new Packed<>(rows, packer.positions, packer.ends.first(packer.count)), capacity,
        packer.overlong, room == 0 ? 0 : 1 - (double) packer.used / room);
  }

  /** Packs whose rows lie one behind the other, up to an end for each. */
  private static final class Packed<T> extends AbstractList<List<T>> implements RandomAccess, Spacious {

    private final List<T> rows;
    private final RowNumbers positions;
    private final RowNumbers ends;

    Packed(List<T> rows, RowNumbers positions, RowNumbers ends) {
      this.rows = rows;
      this.positions = positions;
      this.ends = ends;
    }

    @Override
    public List<T> get(int pack) {
      return IntStream.range(pack == 0 ? 0 : ends.number(pack - 1), ends.number(pack))
          .mapToObj(at -> rows.get(positions.number(at))).toList();
    }

    @Override
    public int size() {
      return ends.size();
    }

    @Override
    public RowSpace space() {
      return positions.space();
    }
  }

  private static final class Pack {

    private final List<Integer> rows = new ArrayList<>();
    private long room;

    Pack(long room) {
      this.room = room;
    }

    void add(Row row) {
      rows.add(row.index());
      room -= row.tokens();
    }
  }

  private record Row(int index, int tokens) {}

  private static final class Packer {

    /** Packs that a stretch fills, about. */
    private static final int STRETCH_PACKS = 32;
    /** A pack with less room than this share of itself is done. */
    private static final double FULL = 0.005;

    private final int capacity;
    private final RowNumbers positions;
    private final RowNumbers ends;
    private final List<Pack> open = new ArrayList<>();
    private final List<Row> stretch = new ArrayList<>();
    private long stretchTokens;
    private long used;
    private int overlong;
    private int count;
    private int placed;

    /** @param rows how many there are */
    Packer(int capacity, int rows, RowSpace space) {
      this.capacity = capacity;
      this.positions = space.numbers(rows);
      this.ends = space.numbers(rows);
    }

    void add(int index, int tokens) {
      if (tokens > capacity) {
        Pack own = new Pack(tokens);
        own.add(new Row(index, tokens));
        put(own);
        overlong++;
        return;
      }
      used += tokens;
      stretchTokens += tokens;
      stretch.add(new Row(index, tokens));
      if (stretchTokens >= (long) STRETCH_PACKS * capacity) {
        place();
        close(pack -> pack.room < FULL * capacity);
        close(pack -> open.size() > STRETCH_PACKS);
      }
    }

    void finish() {
      place();
      close(pack -> true);
    }

    private void place() {
      stretch.sort(Comparator.comparingInt(Row::tokens).reversed());
      for (Row row : stretch) {
        Pack best = null;
        for (Pack pack : open) {
          if (pack.room >= row.tokens() && (best == null || pack.room < best.room)) {
            best = pack;
          }
        }
        if (best == null) {
          best = new Pack(capacity);
          open.add(best);
        }
        best.add(row);
      }
      stretch.clear();
      stretchTokens = 0;
    }

    /** Takes the packs that are done out of the open ones, the fullest first. */
    private void close(Predicate<Pack> done) {
      open.sort(Comparator.comparingLong(pack -> pack.room));
      while (!open.isEmpty() && done.test(open.getFirst())) {
        put(open.removeFirst());
      }
    }

    private void put(Pack pack) {
      pack.rows.stream().sorted().forEach(row -> positions.put(placed++, row));
      ends.put(count++, placed);
    }
  }
}
