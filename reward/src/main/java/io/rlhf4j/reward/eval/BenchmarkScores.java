package io.rlhf4j.reward.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Accuracies of a benchmark: of every subset, every section, and overall. */
public final class BenchmarkScores {

  private final List<JudgedPair> pairs;
  private final ModelType type;
  private final Map<String, double[]> credits = new TreeMap<>();

  public BenchmarkScores(List<JudgedPair> pairs, ModelType type) {
    this.pairs = List.copyOf(pairs);
    this.type = type;
    Map<String, List<JudgedPair>> bySubset = new TreeMap<>();
    pairs.forEach(pair -> bySubset.computeIfAbsent(pair.subset(), subset -> new ArrayList<>()).add(pair));
    bySubset.forEach((subset, all) -> credits.put(subset, all.stream().mapToDouble(type::credit).toArray()));
  }

  public List<JudgedPair> pairs() {
    return pairs;
  }

  public ModelType type() {
    return type;
  }

  public long ties() {
    return pairs.stream().filter(JudgedPair::tied).count();
  }

  public long unscored() {
    return pairs.stream().filter(JudgedPair::unscored).count();
  }

  /** Over all pairs alike; ties and pairs without a score count as wrong, for generative rewards as half. */
  public double accuracy() {
    return pairs.stream().mapToDouble(type::credit).average().orElseThrow();
  }

  /** By subset; rows that name none are under {@code ""}. */
  public Map<String, Double> bySubset() {
    return means(credits);
  }

  /** Pairs of each subset. */
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    credits.forEach((subset, all) -> counts.put(subset, all.length));
    return counts;
  }

  /** The score of each section that was measured. */
  public Map<Sections, Double> bySection() {
    Map<Sections, Double> scores = new EnumMap<>(Sections.class);
    Map<String, Double> accuracies = bySubset();
    for (Sections section : Sections.values()) {
      section.score(accuracies).ifPresent(score -> scores.put(section, score));
    }
    return scores;
  }

  /** RewardBench's score; empty if no subset of it was measured. */
  public OptionalDouble overall() {
    return Sections.overall(bySubset());
  }

  /** Where the score of a section lies, by resampling the pairs of each subset. */
  public Optional<Interval> interval(Sections section, int samples, long seed) {
    return bySection().containsKey(section)
        ? Optional.of(bootstrap(means -> section.score(means).orElseThrow(), samples, seed)) : Optional.empty();
  }

  /** Where RewardBench's score lies. */
  public Optional<Interval> overallInterval(int samples, long seed) {
    return overall().isEmpty() ? Optional.empty()
        : Optional.of(bootstrap(means -> Sections.overall(means).orElseThrow(), samples, seed));
  }

  /** Where the accuracy over all pairs lies. */
  public Interval accuracyInterval(int samples, long seed) {
    Map<String, Integer> counts = counts();
    return bootstrap(means -> means.entrySet().stream()
        .mapToDouble(subset -> subset.getValue() * counts.get(subset.getKey())).sum() / pairs.size(), samples, seed);
  }

  private Interval bootstrap(ToDoubleFunction<Map<String, Double>> statistic, int samples, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[samples];
    Arrays.setAll(values, sample -> {
      Map<String, double[]> drawn = new TreeMap<>();
      credits.forEach((subset, all) -> drawn.put(subset, random.ints(all.length, 0, all.length)
          .mapToDouble(i -> all[i]).toArray()));
      return statistic.applyAsDouble(means(drawn));
    });
    Arrays.sort(values);
    return new Interval(values[(int) Math.floor(0.025 * (samples - 1))],
        values[(int) Math.ceil(0.975 * (samples - 1))]);
  }

  private static Map<String, Double> means(Map<String, double[]> values) {
    Map<String, Double> means = new LinkedHashMap<>();
    values.forEach((subset, all) -> means.put(subset, Arrays.stream(all).average().orElseThrow()));
    return means;
  }
}
