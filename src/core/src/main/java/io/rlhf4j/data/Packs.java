package io.rlhf4j.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Rows gathered into packs of at most so many tokens. Nothing is dropped and nothing is split: a row that is longer
 * than a pack gets one of its own.
 *
 * @param <T> the kind of row
 * @param packs rows of each pack, in their old order
 * @param capacity tokens that a pack may hold
 * @param overlong packs that hold one row of more than {@code capacity} tokens
 * @param waste share of the other packs' room that holds no token, in [0, 1)
 */
public record Packs<T>(List<List<T>> packs, int capacity, int overlong, double waste) {

  public Packs {
    packs = List.copyOf(packs);
  }

  /**
   * Packs rows by best-fit decreasing (Johnson 1974) over windows: rows are taken in stretches of some packs' tokens,
   * in their order, and the longest of a stretch goes first into the fullest pack that has room for it. So shuffled
   * rows stay about where they were. The same rows in the same order always give the same packs.
   */
  public static <T> Packs<T> of(List<T> rows, ToIntFunction<? super T> tokens, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a pack of " + capacity + " tokens holds nothing");
    }
    Packer packer = new Packer(capacity);
    for (int i = 0; i < rows.size(); i++) {
      packer.add(i, tokens.applyAsInt(rows.get(i)));
    }
    packer.finish();
    List<List<T>> packs =
        packer.closed.stream().map(pack -> pack.rows.stream().sorted().map(rows::get).toList()).toList();
    long room = (long) capacity * (packs.size() - packer.overlong);
    return new Packs<>(packs, capacity, packer.overlong, room == 0 ? 0 : 1 - (double) packer.used / room);
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
    private final List<Pack> closed = new ArrayList<>();
    private final List<Pack> open = new ArrayList<>();
    private final List<Row> stretch = new ArrayList<>();
    private long stretchTokens;
    private long used;
    private int overlong;

    Packer(int capacity) {
      this.capacity = capacity;
    }

    void add(int index, int tokens) {
      if (tokens > capacity) {
        Pack own = new Pack(tokens);
        own.add(new Row(index, tokens));
        closed.add(own);
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
        closed.add(open.removeFirst());
      }
    }
  }
}
