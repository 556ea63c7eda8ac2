package io.rlhf4j.launcher.select;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Finds texts that are almost the same as one seen before. MinHash (Broder 1997) in bands proposes candidates, their
 * true Jaccard similarity decides: nothing is dropped by chance, and a pair at the threshold is missed with a
 * probability of {@code (1 - s^3)^32}, below 1e-9 at 0.8.
 */
final class NearDuplicates {

  private static final int BANDS = 32;
  private static final int ROWS = 3;

  private final double threshold;
  private final long[] salts;
  private final List<Map<Long, List<Set<String>>>> buckets = new ArrayList<>();

  NearDuplicates(double threshold) {
    this.threshold = threshold;
    this.salts = new SplittableRandom(1).longs(BANDS * ROWS).toArray();
    for (int band = 0; band < BANDS; band++) {
      buckets.add(new HashMap<>());
    }
  }

  /** Whether a text is new; if so it is remembered. */
  boolean add(Set<String> shingles) {
    long[] keys = keys(shingles);
    for (int band = 0; band < BANDS; band++) {
      for (Set<String> other : buckets.get(band).getOrDefault(keys[band], List.of())) {
        if (Shingles.jaccard(shingles, other) >= threshold) {
          return false;
        }
      }
    }
    for (int band = 0; band < BANDS; band++) {
      buckets.get(band).computeIfAbsent(keys[band], key -> new ArrayList<>()).add(shingles);
    }
    return true;
  }

  private long[] keys(Set<String> shingles) {
    long[] minima = new long[salts.length];
    Arrays.fill(minima, Long.MAX_VALUE);
    for (String shingle : shingles) {
      long hash = hash(shingle);
      for (int i = 0; i < salts.length; i++) {
        minima[i] = Math.min(minima[i], mix(hash ^ salts[i]));
      }
    }
    long[] keys = new long[BANDS];
    for (int band = 0; band < BANDS; band++) {
      for (int row = 0; row < ROWS; row++) {
        keys[band] = mix(keys[band] + minima[band * ROWS + row]);
      }
    }
    return keys;
  }

  /** 64 bits of FNV-1a, mixed. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
