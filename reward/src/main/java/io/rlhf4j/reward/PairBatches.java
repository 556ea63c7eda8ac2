package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.Packs;
import io.rlhf4j.data.RowNumbers;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What each optimiser step of each pass learns from. The same pairs, settings and seed always give the same batches, so
 * that training can begin at any step.
 */
final class PairBatches {

  /** Batches whose pairs are sorted together by length, as transformers does. */
  private static final int LENGTH_GROUP = 50;

  private final PairSource pairs;
  private final int[] prompts;
  private final Optional<Packs<Integer>> packs;
  private final RewardConfig config;
  private final long seed;

  PairBatches(PairSource pairs, RewardConfig config, long seed) {
    this.pairs = pairs;
    this.config = config;
    this.seed = seed;
    this.prompts = pairs.prompts();
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
    int[] order = config.packing().shuffleBeforePack() ? Batches.shuffledGroups(prompts, seed, 0)
        : inOrder();
    return Packs.of(new RowNumbers(order), pairs::packedTokens, config.packing().maxPackedLength());
  }

  private int[] inOrder() {
    return IntStream.range(0, pairs.size()).toArray();
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
      List<List<List<Integer>>> steps = Batches.ofCount(
          config.packing().shuffle() ? Batches.shuffled(all, seed, epoch) : all, config.rowsPerStep());
      return new Pass(steps.size(), step -> {
        List<List<TokenizedPair>> parts = steps.get(step).stream().map(this::read).toList();
        return new Batch(parts.stream().flatMap(Collection::stream).toList(), parts);
      });
    }
    int[] order = config.packing().shuffle() ? Batches.shuffledGroups(prompts, seed, epoch) : inOrder();
    List<Integer> rows = new RowNumbers(config.groupByLength() ? byLength(order) : order);
    int size = config.rowsPerStep();
    return new Pass(stepsPerEpoch(), step -> {
      List<TokenizedPair> batch = read(rows.subList(step * size, Math.min((step + 1) * size, rows.size())));
      return new Batch(batch, Batches.ofTokens(batch, TokenizedPair::tokens, config.microBatchTokens()));
    });
  }

  private List<TokenizedPair> read(List<Integer> rows) {
    return rows.stream().map(pairs::get).toList();
  }

  private int[] byLength(int[] shuffled) {
    return Batches.ofCount(new RowNumbers(shuffled), Math.multiplyExact(LENGTH_GROUP, config.rowsPerStep())).stream()
        .flatMap(group -> group.stream().sorted(Comparator.<Integer>comparingInt(pairs::tokens).reversed()))
        .mapToInt(Integer::intValue).toArray();
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
