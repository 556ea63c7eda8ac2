package io.rlhf4j.launcher.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** In which order answers are shown. Answers that lack the number come last, equal ones in the order of the run. */
enum SampleOrder {
  NEWEST("newest", "newest first", Comparator.comparingLong(Sample::number).reversed()),
  OLDEST("oldest", "oldest first", Comparator.comparingLong(Sample::number)),
  BEST("best", "highest reward", highest(Sample::reward)),
  WORST("worst", "lowest reward", highest(sample -> -sample.reward())),
  FARTHEST("farthest", "highest KL", highest(Sample::kl)),
  LONGEST("longest", "longest response", highest(sample -> sample.response().length()));

  private final String key;
  private final String label;
  private final Comparator<Sample> comparator;

  SampleOrder(String key, String label, Comparator<Sample> comparator) {
    this.key = key;
    this.label = label;
    this.comparator = comparator;
  }

  private static Comparator<Sample> highest(ToDoubleFunction<Sample> number) {
    ToDoubleFunction<Sample> known = sample -> {
      double value = number.applyAsDouble(sample);
      return Double.isNaN(value) ? Double.NEGATIVE_INFINITY : value;
    };
    return Comparator.comparingDouble(known).reversed().thenComparingLong(Sample::number);
  }

  static Optional<SampleOrder> of(String key) {
    return Arrays.stream(values()).filter(order -> order.key.equals(key)).findFirst();
  }

  /** In addresses. */
  String key() {
    return key;
  }

  /** For people. */
  String label() {
    return label;
  }

  Comparator<Sample> comparator() {
    return comparator;
  }
}
