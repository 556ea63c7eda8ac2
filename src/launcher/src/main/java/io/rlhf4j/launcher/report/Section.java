package io.rlhf4j.launcher.report;

import java.util.List;

/**
 * The charts of one stage.
 *
 * @param panels shown at once
 * @param more shown on demand: every other metric of the stage
 */
record Section(String title, List<Figure> panels, List<Panel> more) {

  Section {
    panels = List.copyOf(panels);
    more = List.copyOf(more);
  }
}
