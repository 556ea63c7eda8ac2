package io.rlhf4j.reward;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.Packs;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What each optimiser step of each pass learns from. The same pairs, settings and seed always give the same batches, so
 * that training can begin at any step.
 */
final class PairBatches {

  /** Batches whose pairs are sorted together by length, as transformers does. */
  private static final int LENGTH_GROUP = 50;

  private final List<TokenizedPair> pairs;
  private final Optional<Packs<TokenizedPair>> packs;
  private final RewardConfig config;
  private final long seed;

  PairBatches(List<TokenizedPair> pairs, RewardConfig config, long seed) {
    this.pairs = pairs;
    this.config = config;
    this.seed = seed;
    this.packs = config.packing().packs() ? Optional.of(pack(pairs, config, seed)) : Optional.empty();
  }

  /**
   * The pairs of one optimiser step.
   *
   * @param pairs all of them
   * @param parts the same, one list for each forward pass
   */
  record Batch(List<TokenizedPair> pairs, List<List<TokenizedPair>> parts) {}

  /** Packs are made once; each pass takes them in another order. */
  static Packs<TokenizedPair> pack(List<TokenizedPair> pairs, RewardConfig config, long seed) {
    List<TokenizedPair> order = config.packing().shuffleBeforePack()
        ? Batches.shuffledGroups(pairs, TokenizedPair::prompt, seed, 0) : pairs;
    return Packs.of(order, TokenizedPair::packedTokens, config.packing().maxPackedLength());
  }

  int stepsPerEpoch() {
    return Math.ceilDiv(packs.map(found -> found.packs().size()).orElse(pairs.size()), config.rowsPerStep());
  }

  /** Optimiser steps of the whole run. */
  int totalSteps() {
    return config.maxSteps() > 0 ? config.maxSteps() : Math.multiplyExact(config.epochs(), stepsPerEpoch());
  }

  /** @param epoch counted from 1 */
  List<Batch> epoch(int epoch) {
    if (packs.isPresent()) {
      return Batches.ofCount(Batches.shuffled(packs.get().packs(), seed, epoch), config.rowsPerStep()).stream()
          .map(parts -> new Batch(parts.stream().flatMap(Collection::stream).toList(), parts)).toList();
    }
    List<TokenizedPair> order = Batches.shuffledGroups(pairs, TokenizedPair::prompt, seed, epoch);
    if (config.groupByLength()) {
      order = byLength(order);
    }
    return Batches.ofCount(order, config.rowsPerStep()).stream()
        .map(batch -> new Batch(batch, Batches.ofTokens(batch, TokenizedPair::tokens, config.microBatchTokens())))
        .toList();
  }

  private List<TokenizedPair> byLength(List<TokenizedPair> shuffled) {
    return Batches.ofCount(shuffled, Math.multiplyExact(LENGTH_GROUP, config.rowsPerStep())).stream()
        .flatMap(group -> group.stream().sorted(Comparator.comparingInt(TokenizedPair::tokens).reversed())).toList();
  }
}
