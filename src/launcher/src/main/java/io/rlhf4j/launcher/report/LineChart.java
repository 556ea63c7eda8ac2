package io.rlhf4j.launcher.report;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;

/** Curves over one axis of steps, as an SVG element. Colours are classes of the page's style, {@code c0} and on. */
final class LineChart {

  /** With more points than this dots would hide the line. */
  private static final int MAX_DOTS = 60;
  static final int COLOURS = 8;

  private final List<Curve> curves;
  private final Scale x;
  private final Scale y;

  /** @param curves at least one */
  LineChart(List<Curve> curves) {
    this.curves = curves.stream().map(Curve::thinned).toList();
    this.x = scale(this.curves, Curve::steps, Figure.LEFT, Figure.WIDTH - Figure.RIGHT);
    this.y = scale(this.curves, Curve::values, Figure.HEIGHT - Figure.BOTTOM, Figure.TOP);
  }

  private static Scale scale(List<Curve> curves, Function<Curve, double[]> side, double start, double end) {
    DoubleSummaryStatistics all =
        curves.stream().flatMapToDouble(curve -> Arrays.stream(side.apply(curve))).summaryStatistics();
    return Scale.around(all.getMin(), all.getMax(), start, end);
  }

  void draw(Markup page, String title) {
    Figure.open(page, title);
    y.ticks(4).forEach(tick -> Figure.level(page, tick, y.pixel(tick)));
    x.ticks(5).stream().filter(tick -> tick == Math.rint(tick))
        .forEach(tick -> Figure.below(page, tick, x.pixel(tick)));
    for (int i = 0; i < curves.size(); i++) {
      draw(page, curves.get(i), "c" + i % COLOURS);
    }
    page.close().line();
  }

  private void draw(Markup page, Curve curve, String colour) {
    StringJoiner points = new StringJoiner(" ");
    for (int i = 0; i < curve.values().length; i++) {
      points.add(Scale.pixels(x.pixel(curve.steps()[i])) + "," + Scale.pixels(y.pixel(curve.values()[i])));
    }
    // The attributes are for programs that show SVG without the page's style, converters to PDF for example.
    page.empty("polyline", "class", colour, "fill", "none", "stroke", "#0969da", "points", points.toString());
    for (int i = 0; i < curve.values().length && curve.values().length <= MAX_DOTS; i++) {
      page.open("circle", "class", colour, "r", "2.2", "cx", Scale.pixels(x.pixel(curve.steps()[i])), "cy",
          Scale.pixels(y.pixel(curve.values()[i])));
      page.element("title", curve.name() + ", " + Scale.number(curve.steps()[i]) + ": "
          + Scale.number(curve.values()[i])).close();
    }
  }
}
