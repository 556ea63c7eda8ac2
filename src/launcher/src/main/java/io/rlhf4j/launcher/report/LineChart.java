package io.rlhf4j.launcher.report;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.Function;

/** Curves over one axis of steps, as an SVG element. Colours are classes of the page's style, {@code c0} and on. */
final class LineChart {

  private static final int WIDTH = 380;
  private static final int HEIGHT = 190;
  private static final int LEFT = 50;
  private static final int RIGHT = 8;
  private static final int TOP = 8;
  private static final int BOTTOM = 22;
  /** With more points than this dots would hide the line. */
  private static final int MAX_DOTS = 60;
  static final int COLOURS = 8;

  private final List<Curve> curves;
  private final Scale x;
  private final Scale y;

  /** @param curves at least one */
  LineChart(List<Curve> curves) {
    this.curves = curves.stream().map(Curve::thinned).toList();
    this.x = scale(this.curves, Curve::steps, LEFT, WIDTH - RIGHT);
    this.y = scale(this.curves, Curve::values, HEIGHT - BOTTOM, TOP);
  }

  private static Scale scale(List<Curve> curves, Function<Curve, double[]> side, double start, double end) {
    DoubleSummaryStatistics all =
        curves.stream().flatMapToDouble(curve -> Arrays.stream(side.apply(curve))).summaryStatistics();
    return Scale.around(all.getMin(), all.getMax(), start, end);
  }

  void draw(Markup page, String title) {
    page.open("svg", "viewBox", "0 0 " + WIDTH + " " + HEIGHT, "role", "img", "aria-label", title, "font-size",
        "11");
    y.ticks(4).forEach(tick -> {
      String at = pixel(y.pixel(tick));
      page.empty("line", "class", "grid", "stroke", "#d8dee4", "x1", String.valueOf(LEFT), "x2",
          String.valueOf(WIDTH - RIGHT), "y1", at,
          "y2", at);
      page.element("text", Scale.number(tick), "x", String.valueOf(LEFT - 5), "y", pixel(y.pixel(tick) + 3.5),
          "text-anchor", "end");
    });
    x.ticks(5).stream().filter(tick -> tick == Math.rint(tick)).forEach(tick -> page.element("text",
        Scale.number(tick), "x", pixel(x.pixel(tick)), "y", String.valueOf(HEIGHT - 6), "text-anchor", "middle"));
    for (int i = 0; i < curves.size(); i++) {
      draw(page, curves.get(i), "c" + i % COLOURS);
    }
    page.close().line();
  }

  private void draw(Markup page, Curve curve, String colour) {
    StringJoiner points = new StringJoiner(" ");
    for (int i = 0; i < curve.values().length; i++) {
      points.add(pixel(x.pixel(curve.steps()[i])) + "," + pixel(y.pixel(curve.values()[i])));
    }
    // The attributes are for programs that show SVG without the page's style, converters to PDF for example.
    page.empty("polyline", "class", colour, "fill", "none", "stroke", "#0969da", "points", points.toString());
    for (int i = 0; i < curve.values().length && curve.values().length <= MAX_DOTS; i++) {
      page.open("circle", "class", colour, "r", "2.2", "cx", pixel(x.pixel(curve.steps()[i])), "cy",
          pixel(y.pixel(curve.values()[i])));
      page.element("title", curve.name() + ", " + Scale.number(curve.steps()[i]) + ": "
          + Scale.number(curve.values()[i])).close();
    }
  }

  private static String pixel(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
