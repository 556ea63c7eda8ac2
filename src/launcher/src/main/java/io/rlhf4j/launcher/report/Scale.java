package io.rlhf4j.launcher.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A range of numbers laid out over a range of pixels.
 *
 * @param low smallest number
 * @param high largest, above {@code low}
 * @param start pixel of {@code low}
 * @param end pixel of {@code high}
 */
record Scale(double low, double high, double start, double end) {

  /** A scale that holds all values with a little room; constant values lie in its middle. */
  static Scale around(double least, double most, double start, double end) {
    double room = most > least ? 0.06 * (most - least) : Math.max(Math.abs(most) * 0.5, 0.5);
    return new Scale(least - room, most + room, start, end);
  }

  double pixel(double value) {
    return start + (value - low) / (high - low) * (end - start);
  }

  /** A place on a chart, as its attributes say it. */
  static String pixels(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** Round numbers within the range, about as many as wanted. */
  List<Double> ticks(int wanted) {
    double rough = (high - low) / wanted;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double step = DoubleStream.of(1, 2, 5, 10).map(factor -> factor * power).filter(size -> size >= rough).min()
        .orElse(rough);
    List<Double> ticks = new ArrayList<>();
    for (long k = (long) Math.ceil(low / step); k * step <= high; k++) {
      ticks.add(k * step);
    }
    return ticks;
  }

  /** A number in few characters: three significant digits, without zeros that say nothing. */
  static String number(double value) {
    double size = Math.abs(value);
    if (value == 0 || Double.isNaN(value)) {
      return value == 0 ? "0" : "";
    }
    if (size >= 1e6 || size < 1e-3) {
      return String.format(Locale.ROOT, "%.1e", value).replace("e-0", "e-").replace("e+0", "e");
    }
    int decimals = Math.max(0, 2 - (int) Math.floor(Math.log10(size)));
    return new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN).stripTrailingZeros().toPlainString();
  }
}
