package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/** The rules that configuration records check in their constructors. Keys are relative to the record's section. */
final class Check {

  private Check() {}

  static void that(boolean holds, String key, @Nullable Object value, String rule) {
    if (!holds) {
      throw InputException.key(key, "is " + value + ", must be " + rule);
    }
  }

  static void positive(String key, double value) {
    that(value > 0 && Double.isFinite(value), key, number(value), "greater than 0");
  }

  static void positiveOrNull(String key, @Nullable Double value) {
    if (value != null) {
      positive(key, value);
    }
  }

  static void notNegative(String key, double value) {
    that(value >= 0 && Double.isFinite(value), key, number(value), "0 or greater");
  }

  static void finite(String key, double value) {
    that(Double.isFinite(value), key, number(value), "a finite number");
  }

  static void atLeast(String key, long value, long least) {
    that(value >= least, key, value, "at least " + least);
  }

  /** Both ends belong to the range. */
  static void between(String key, double value, double low, double high) {
    that(value >= low && value <= high, key, number(value), "between " + number(low) + " and " + number(high));
  }

  /** Only the lower end belongs to the range. */
  static void below(String key, double value, double low, double high) {
    that(value >= low && value < high, key, number(value), "at least " + number(low) + " and below " + number(high));
  }

  /** Whole numbers lose the {@code .0} that nobody typed. */
  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
  }
}
