package io.rlhf4j.launcher.report;

import java.util.List;

/** A chart with its title and legend. */
sealed interface Figure permits Panel, Histogram {

  /** Pixels of every chart; pages scale it to their width. */
  int WIDTH = 380;
  int HEIGHT = 190;
  int LEFT = 50;
  int RIGHT = 8;
  int TOP = 8;
  int BOTTOM = 22;

  /** What stands beside a colour. */
  record Entry(String name, double value) {}

  String title();

  /** What it shows, in a few words; may be empty. */
  String note();

  /** In the order of the colours. */
  List<Entry> legend();

  /** The SVG element. */
  void chart(Markup page);

  default void draw(Markup page) {
    page.open("figure").open("figcaption").element("b", title());
    if (!note().isEmpty()) {
      page.element("span", " " + note());
    }
    page.open("div", "class", "legend");
    List<Entry> legend = legend();
    for (int i = 0; i < legend.size(); i++) {
      page.open("span").element("i", "", "class", "c" + i % LineChart.COLOURS)
          .text(" " + legend.get(i).name() + " ").element("b", Scale.number(legend.get(i).value())).close();
    }
    page.close().close();
    chart(page);
    page.close().line();
  }

  /** Begins the SVG element of a chart, still open. */
  static void open(Markup page, String title) {
    page.open("svg", "viewBox", "0 0 " + WIDTH + " " + HEIGHT, "role", "img", "aria-label", title, "font-size",
        "11");
  }

  /** A horizontal line with its number at the left. */
  static void level(Markup page, double value, double pixel) {
    String at = Scale.pixels(pixel);
    page.empty("line", "class", "grid", "stroke", "#d8dee4", "x1", String.valueOf(LEFT), "x2",
        String.valueOf(WIDTH - RIGHT), "y1", at, "y2", at);
    page.element("text", Scale.number(value), "x", String.valueOf(LEFT - 5), "y", Scale.pixels(pixel + 3.5),
        "text-anchor", "end");
  }

  /** A number below the chart. */
  static void below(Markup page, double value, double pixel) {
    page.element("text", Scale.number(value), "x", Scale.pixels(pixel), "y", String.valueOf(HEIGHT - 6),
        "text-anchor", "middle");
  }
}
