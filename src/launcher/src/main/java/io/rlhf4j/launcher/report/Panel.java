package io.rlhf4j.launcher.report;

import java.util.List;

/**
 * Curves in one chart.
 *
 * @param curves at least one
 */
record Panel(String title, String note, List<Curve> curves) implements Figure {

  Panel {
    curves = List.copyOf(curves);
  }

  @Override
  public List<Entry> legend() {
    return curves.stream().map(curve -> new Entry(curve.name(), curve.last())).toList();
  }

  @Override
  public void chart(Markup page) {
    new LineChart(curves).draw(page, title);
  }
}
