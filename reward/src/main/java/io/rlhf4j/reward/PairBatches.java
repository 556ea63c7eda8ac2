package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.Packs;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowOrder;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What each optimiser step of each pass learns from. The same pairs, settings and seed always give the same batches, so
 * that training can begin at any step.
 */
final class PairBatches {

  /** Batches whose pairs are sorted together by length, as transformers does. */
  private static final int LENGTH_GROUP = 50;

  private final PairSource pairs;
  private @Nullable RowNumbers prompts;
  private final Optional<Packs<Integer>> packs;
  private final RewardConfig config;
  private final long seed;

  PairBatches(PairSource pairs, RewardConfig config, long seed) {
    this.pairs = pairs;
    this.config = config;
    this.seed = seed;
    this.packs = config.packing().packs() ? Optional.of(pack()) : Optional.empty();
  }

  /**
   * The pairs of one optimiser step.
   *
   * @param pairs all of them
   * @param parts the same, one list for each forward pass
   */
  record Batch(List<TokenizedPair> pairs, List<List<TokenizedPair>> parts) {}

  /** Packs are made once; each pass takes them in another order. */
  private Packs<Integer> pack() {
    RowNumbers order = config.packing().shuffleBeforePack() ? RowOrder.shuffledGroups(prompts(), seed, 0)
        : inOrder();
    return Packs.of(order, pairs::packedTokens, config.packing().maxPackedLength());
  }

  private RowNumbers prompts() {
    RowNumbers known = prompts == null ? pairs.prompts() : prompts;
    prompts = known;
    return known;
  }

  private RowNumbers inOrder() {
    return RowNumbers.all(pairs.size(), pairs.space());
  }

  PairSource pairs() {
    return pairs;
  }

  /** Packs of pair numbers, where batches are made of packs. */
  Optional<Packs<Integer>> packs() {
    return packs;
  }

  int stepsPerEpoch() {
    return Math.ceilDiv(packs.map(found -> found.packs().size()).orElse(pairs.size()), config.rowsPerStep());
  }

  /** Optimiser steps of the whole run. */
  int totalSteps() {
    return config.maxSteps() > 0 ? config.maxSteps() : Math.multiplyExact(config.epochs(), stepsPerEpoch());
  }

  /**
   * The batches of a pass; their pairs are read when a batch is asked for.
   *
   * @param epoch counted from 1
   */
  List<Batch> epoch(int epoch) {
    if (packs.isPresent()) {
      List<List<Integer>> all = packs.get().packs();
      List<List<List<Integer>>> steps = config.packing().shuffle()
          ? Batches.pass(all, seed, epoch, config.rowsPerStep()) : Batches.inOrder(all, config.rowsPerStep());
      return new Pass(steps.size(), step -> {
        List<List<TokenizedPair>> parts = steps.get(step).stream().map(this::read).toList();
        return new Batch(parts.stream().flatMap(Collection::stream).toList(), parts);
      });
    }
    RowNumbers order = config.packing().shuffle() ? RowOrder.shuffledGroups(prompts(), seed, epoch) : inOrder();
    RowNumbers rows = config.groupByLength() ? byLength(order) : order;
    int size = config.rowsPerStep();
    return new Pass(stepsPerEpoch(), step -> {
      int from = step * size;
      List<TokenizedPair> batch = read(rows.subList(from, from + Math.min(size, rows.size() - from)));
      return new Batch(batch, Batches.ofTokens(batch, TokenizedPair::tokens, config.microBatchTokens()));
    });
  }

  private List<TokenizedPair> read(List<Integer> rows) {
    return rows.stream().map(pairs::get).toList();
  }

  /** The longest of each stretch first; those of one length stay in their order. */
  private RowNumbers byLength(RowNumbers shuffled) {
    int stretch = Math.multiplyExact(LENGTH_GROUP, config.rowsPerStep());
    RowNumbers sorted = shuffled.space().numbers(shuffled.size());
    for (int from = 0; from < shuffled.size(); from += stretch) {
      int first = from;
      long[] keys = new long[Math.min(stretch, shuffled.size() - from)];
      Arrays.setAll(keys, at -> (long) -pairs.tokens(shuffled.number(first + at)) << Integer.SIZE | at);
      Arrays.sort(keys);
      for (int at = 0; at < keys.length; at++) {
        sorted.put(first + at, shuffled.number(first + (int) keys[at]));
      }
    }
    return sorted;
  }

  /** The batches of one pass over the pairs. */
  private static final class Pass extends AbstractList<Batch> {

    private final int size;
    private final IntFunction<Batch> batches;

    Pass(int size, IntFunction<Batch> batches) {
      this.size = size;
      this.batches = batches;
    }

    @Override
    public Batch get(int step) {
      return batches.apply(step);
    }

    @Override
    public int size() {
      return size;
    }
  }
}
