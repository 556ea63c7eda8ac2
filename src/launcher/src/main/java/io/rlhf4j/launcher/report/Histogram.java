package io.rlhf4j.launcher.report;

import io.rlhf4j.telemetry.MetricRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * How many values of several groups lie where: bars side by side in bins of the same width.
 *
 * @param min lower edge of the first bin
 * @param max upper edge of the last, not below {@code min}
 * @param groups at least one, all with the same number of bins
 */
record Histogram(String title, String note, double min, double max, List<Group> groups) implements Figure {

  private static final String SCORES = "Scores of held-out answers";
  /** Of the room of a bin. */
  private static final double GAP = 0.16;

  /** Counts by bin. */
  record Group(String name, List<Integer> counts) {

    Group {
      counts = List.copyOf(counts);
    }

    int total() {
      return counts.stream().mapToInt(Integer::intValue).sum();
    }
  }

  Histogram {
    groups = List.copyOf(groups);
  }

  static Histogram ofScores(String note, double min, double max, List<Integer> chosen, List<Integer> rejected) {
    return new Histogram(SCORES, note, min, max, List.of(new Group("chosen", chosen), new Group("rejected", rejected)));
  }

  /** That of the newest evaluation of a stage which has counted; empty if none has. */
  static Optional<Histogram> ofScores(List<MetricRow> rows, String stage) {
    return rows.reversed().stream().filter(row -> row.stage().equals(stage)).filter(Histogram::hasCounted).findFirst()
        .map(row -> ofScores("after step " + row.step(), row.values().get("score_min"), row.values().get("score_max"),
            counts(row.values(), "chosen_bin_"), counts(row.values(), "rejected_bin_")));
  }

  /** Whether the histogram shows a metric, which needs no curve then. */
  static boolean shows(String metric) {
    return metric.startsWith("chosen_bin_") || metric.startsWith("rejected_bin_");
  }

  private static boolean hasCounted(MetricRow row) {
    int bins = counts(row.values(), "chosen_bin_").size();
    return bins > 0 && counts(row.values(), "rejected_bin_").size() == bins
        && row.values().keySet().containsAll(List.of("score_min", "score_max"));
  }

  private static List<Integer> counts(Map<String, Double> values, String name) {
    List<Integer> counts = new ArrayList<>();
    for (Double count = values.get(name + 1); count != null; count = values.get(name + (counts.size() + 1))) {
      counts.add((int) Math.round(count));
    }
    return counts;
  }

  /** How many values are in each group. */
  @Override
  public List<Entry> legend() {
    return groups.stream().map(group -> new Entry(group.name(), group.total())).toList();
  }

  @Override
  public void chart(Markup page) {
    int bins = groups.getFirst().counts().size();
    int most = groups.stream().flatMap(group -> group.counts().stream()).mapToInt(Integer::intValue).max().orElse(1);
    Scale y = new Scale(0, 1.06 * Math.max(1, most), HEIGHT - BOTTOM, TOP);
    Scale x = new Scale(0, bins, LEFT, WIDTH - RIGHT);
    DoubleUnaryOperator edge = bin -> min + bin * (max - min) / bins;
    Figure.open(page, title);
    y.ticks(4).stream().filter(tick -> tick == Math.rint(tick))
        .forEach(tick -> Figure.level(page, tick, y.pixel(tick)));
    for (int bin = 0; bin <= bins; bin += Math.max(1, bins / 5)) {
      Figure.below(page, edge.applyAsDouble(bin), x.pixel(bin));
    }
    double width = (1 - GAP) / groups.size();
    for (int g = 0; g < groups.size(); g++) {
      for (int bin = 0; bin < bins; bin++) {
        int count = groups.get(g).counts().get(bin);
        double left = x.pixel(bin + GAP / 2 + g * width);
        String label = groups.get(g).name() + ", " + Scale.number(edge.applyAsDouble(bin)) + " to "
            + Scale.number(edge.applyAsDouble(bin + 1)) + ": " + count;
        // The attribute is for programs that show SVG without the page's style.
        page.open("rect", "class", "c" + g % LineChart.COLOURS, "fill", g == 0 ? "#0969da" : "#c2410c", "x",
            Scale.pixels(left), "width", Scale.pixels(x.pixel(width) - x.pixel(0)), "y", Scale.pixels(y.pixel(count)),
            "height", Scale.pixels(y.pixel(0) - y.pixel(count))).element("title", label).close();
      }
    }
    page.close().line();
  }
}
