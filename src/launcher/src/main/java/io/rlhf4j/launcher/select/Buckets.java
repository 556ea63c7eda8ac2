package io.rlhf4j.launcher.select;

import io.rlhf4j.text.ChatMessage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where prompts stand in difficulty and answers in quality, among all of a file. */
final class Buckets {

  private static final List<String> DIFFICULTIES = List.of("easy", "middle", "hard");
  private static final int QUALITIES = 4;

  /** Mean rewards of the prompts, ascending. */
  private final double[] means;
  /** Rewards of all answers, ascending. */
  private final double[] rewards;

  private Buckets(double[] means, double[] rewards) {
    this.means = means;
    this.rewards = rewards;
  }

  static Buckets of(List<Scored> prompts) {
    return new Buckets(prompts.stream().mapToDouble(Scored::meanReward).filter(Double::isFinite).sorted().toArray(),
        prompts.stream().flatMap(prompt -> prompt.answers().stream()).mapToDouble(Scored.Answer::reward)
            .filter(Double::isFinite).sorted().toArray());
  }

  double meanReward() {
    return Arrays.stream(rewards).average().orElse(Double.NaN);
  }

  /** Share of the prompts whose answers have a higher mean reward, in [0, 1). */
  double difficulty(Scored prompt) {
    double mean = prompt.meanReward();
    return means.length == 0 ? 0 : (double) (means.length - count(means, mean, true)) / means.length;
  }

  /** Kept rows by difficulty of their prompt and quality of their answer. */
  Map<String, int[]> count(List<Scored> prompts, List<Kept> rows) {
    Map<List<ChatMessage>, Double> difficulties = new HashMap<>();
    prompts.forEach(prompt -> difficulties.put(prompt.prompt(), difficulty(prompt)));
    Map<String, int[]> counts = new LinkedHashMap<>();
    DIFFICULTIES.forEach(name -> counts.put(name, new int[QUALITIES]));
    for (Kept row : rows) {
      double difficulty = difficulties.getOrDefault(row.prompt(), 0.0);
      int third = Math.min(DIFFICULTIES.size() - 1, (int) (difficulty * DIFFICULTIES.size()));
      int quarter = Math.min(QUALITIES - 1, QUALITIES * count(rewards, row.reward(), false) / rewards.length);
      counts.get(DIFFICULTIES.get(third))[quarter]++;
    }
    return counts;
  }

  /** Values below {@code limit}, or equal to it where {@code inclusive}. */
  private static int count(double[] ascending, double limit, boolean inclusive) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      boolean below = inclusive ? ascending[middle] <= limit : ascending[middle] < limit;
      if (below) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
