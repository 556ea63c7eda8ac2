package io.rlhf4j.launcher.report;

import java.util.List;

/**
 * One chart with its title.
 *
 * @param note what it shows, in a few words; may be empty
 * @param curves at least one
 */
record Panel(String title, String note, List<Curve> curves) {

  Panel {
    curves = List.copyOf(curves);
  }

  void draw(Markup page) {
    page.open("figure").open("figcaption").element("b", title);
    if (!note.isEmpty()) {
      page.element("span", " " + note);
    }
    page.open("div", "class", "legend");
    for (int i = 0; i < curves.size(); i++) {
      Curve curve = curves.get(i);
      page.open("span").element("i", "", "class", "c" + i % LineChart.COLOURS)
          .text(" " + curve.name() + " ").element("b", Scale.number(curve.last())).close();
    }
    page.close().close();
    new LineChart(curves).draw(page, title);
    page.close().line();
  }
}
