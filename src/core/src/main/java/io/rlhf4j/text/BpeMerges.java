package io.rlhf4j.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Learns the merges of byte pair encoding.
 *
 * <p>Pair counts are kept up to date as merges happen: a merge touches only the words that contain the pair. The queue
 * may hold outdated counts; an entry whose count has shrunk is put back with the present one.
 */
final class BpeMerges {

  private final Map<String, Integer> idOfSymbol = new LinkedHashMap<>();
  private final List<String> symbolOfId = new ArrayList<>();
  private final List<List<String>> merges = new ArrayList<>();
  private final int vocabularySize;

  private final List<int[]> words = new ArrayList<>();
  private final List<Long> wordCounts = new ArrayList<>();
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  BpeMerges(List<String> symbols, int vocabularySize) {
    symbols.forEach(this::idOf);
    this.vocabularySize = vocabularySize;
  }

  /** Merges until the vocabulary is full or every word is a single symbol. */
  void learn(Map<String, Long> countOfWord) {
    countOfWord.forEach(this::addWord);
    pairs.forEach((key, pair) -> queue.add(new Candidate(pair.count, key)));
    while (symbolOfId.size() < vocabularySize && !queue.isEmpty()) {
      Candidate best = queue.poll();
      Pair pair = pairs.get(best.key);
      if (pair == null || pair.count <= 0) {
        continue;
      }
      if (pair.count != best.count) {
        queue.add(new Candidate(pair.count, best.key));
        continue;
      }
      merge(best.key, pair);
    }
  }

  Map<String, Integer> idOfSymbol() {
    return idOfSymbol;
  }

  /** Pairs of symbols, the first merge first. */
  List<List<String>> merges() {
    return merges;
  }

  private void merge(long key, Pair pair) {
    int left = left(key);
    int right = right(key);
    String leftSymbol = symbolOfId.get(left);
    String rightSymbol = symbolOfId.get(right);
    merges.add(List.of(leftSymbol, rightSymbol));
    int merged = idOf(leftSymbol + rightSymbol);
    Set<Long> grown = new LinkedHashSet<>();
    for (int i = 0; i < pair.wordTotal; i++) {
      int index = pair.words[i];
      int[] word = words.get(index);
      int[] joined = join(word, left, right, merged);
      if (joined.length < word.length) {
        count(word, index, -wordCounts.get(index), grown);
        words.set(index, joined);
        count(joined, index, wordCounts.get(index), grown);
      }
    }
    pairs.remove(key);
    grown.remove(key);
    grown.forEach(k -> queue.add(new Candidate(pairs.get(k).count, k)));
  }

  private void addWord(String spelling, long count) {
    int[] word = new int[spelling.length()];
    for (int i = 0; i < word.length; i++) {
      word[i] = idOf(spelling.substring(i, i + 1));
    }
    words.add(word);
    wordCounts.add(count);
    count(word, words.size() - 1, count, new LinkedHashSet<>());
  }

  private void count(int[] word, int index, long change, Set<Long> grown) {
    for (int i = 0; i + 1 < word.length; i++) {
      long key = key(word[i], word[i + 1]);
      Pair pair = pairs.computeIfAbsent(key, k -> new Pair());
      pair.count += change;
      if (change > 0) {
        pair.occursIn(index);
        grown.add(key);
      }
    }
  }

  private static int[] join(int[] word, int left, int right, int merged) {
    int[] joined = new int[word.length];
    int length = 0;
    for (int i = 0; i < word.length; i++) {
      boolean here = word[i] == left && i + 1 < word.length && word[i + 1] == right;
      joined[length++] = here ? merged : word[i];
      i += here ? 1 : 0;
    }
    return length == word.length ? word : Arrays.copyOf(joined, length);
  }

  private int idOf(String symbol) {
    Integer known = idOfSymbol.putIfAbsent(symbol, symbolOfId.size());
    if (known != null) {
      return known;
    }
    symbolOfId.add(symbol);
    return symbolOfId.size() - 1;
  }

  private static long key(int left, int right) {
    return ((long) left << 32) | right;
  }

  private static int left(long key) {
    return (int) (key >>> 32);
  }

  private static int right(long key) {
    return (int) key;
  }

  /** A pair with the count that it had when it was queued. */
  private record Candidate(long count, long key) implements Comparable<Candidate> {

    @Override
    public int compareTo(Candidate other) {
      return count != other.count ? Long.compare(other.count, count) : Long.compare(key, other.key);
    }
  }

  /** How often a pair of neighbours occurs, and the words in which it does or did; a word may be listed twice. */
  private static final class Pair {

    private long count;
    private int[] words = new int[4];
    private int wordTotal;

    private void occursIn(int word) {
      if (wordTotal > 0 && words[wordTotal - 1] == word) {
        return;
      }
      if (wordTotal == words.length) {
        words = Arrays.copyOf(words, 2 * wordTotal);
      }
      words[wordTotal++] = word;
    }
  }
}
