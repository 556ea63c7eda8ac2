package io.rlhf4j.launcher.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.launcher.health.HealthMonitor;
import io.rlhf4j.launcher.health.Warning;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.telemetry.MetricRow;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Lays a run out on a page: what came out, what looked wrong, the curves, the answers, the recipe. */
final class ReportPage {

  private final RunFiles run;
  private final PageHead head;
  private final Markup page = new Markup();

  private ReportPage(RunFiles run, PageHead head) {
    this.run = run;
    this.head = head;
  }

  /** The page as a file. */
  static String of(RunFiles run) {
    return new ReportPage(run, PageHead.FILE).write();
  }

  /** The page as {@link WatchServer} shows it. */
  static String live(RunFiles run) {
    return new ReportPage(run, PageHead.LIVE).write();
  }

  /** What a run is called on its pages. */
  static String name(Path run) {
    return String.valueOf(run.toAbsolutePath().normalize().getFileName());
  }

  private String write() {
    String name = name(run.root());
    head.open(page, name);
    page.open("body", "data-state", run.finished() ? "finished" : "running").open("header").element("h1", name);
    page.element("p", run.finished() ? "finished run" : "run that is not finished", "id", "state");
    switch (head) {
      case FILE -> page.close().line();
      case LIVE -> page.open("p").element("a", "every answer that was kept", "href", "samples").close().close().line();
    }
    warnings();
    rounds();
    results();
    run.metrics().forEach(this::sections);
    answers();
    samples();
    config();
    return "<!DOCTYPE html>\n" + page.close().close().line();
  }

  private void warnings() {
    List<Warning> warnings = run.metrics().values().stream()
        .flatMap(rows -> HealthMonitor.after(rows).warnings().stream()).toList();
    boolean watched = run.metrics().values().stream().flatMap(List::stream)
        .anyMatch(row -> row.stage().equals(HealthMonitor.STAGE));
    if (!watched) {
      return;
    }
    page.open("section").element("h2", "Warnings");
    if (warnings.isEmpty()) {
      page.element("p", "None: every signal of the run's health stayed quiet.");
    } else {
      page.open("ul", "class", "warnings");
      warnings.forEach(warning -> page.open("li").element("b", warning.signal())
          .text(", iteration " + warning.step() + ": " + warning.text()).close().line());
      page.close();
    }
    page.close().line();
  }

  private void rounds() {
    if (run.rounds().isEmpty()) {
      return;
    }
    page.open("section").element("h2", "Rounds");
    table(List.of("round", "gold", "score", "kl", "tokens", "finished", "wins", "losses", "imitated", "pairs",
        "labels", "kept"),
        run.rounds().stream()
            .map(row -> (Function<String, String>) column -> column.equals("round") ? String.valueOf(row.step())
                : Scale.number(row.values().getOrDefault(column, Double.NaN)))
            .toList());
    page.close().line();
    sections("", run.rounds());
  }

  private void table(List<String> columns, List<Function<String, String>> rows) {
    page.open("table", "class", "numbers").open("tr");
    columns.forEach(column -> page.element("th", column));
    page.close().line();
    rows.forEach(row -> {
      page.open("tr");
      columns.forEach(column -> page.element("td", row.apply(column)));
      page.close().line();
    });
    page.close();
  }

  /** First and last value of what was measured on test data. */
  private void results() {
    List<MetricRow> rows = run.metrics().getOrDefault("", List.of()).stream()
        .filter(
            row -> row.stage().equals("eval") || row.stage().endsWith("_eval") || row.stage().contains(Sections.PART))
        .toList();
    if (rows.isEmpty()) {
      return;
    }
    page.open("section").element("h2", "On test data").open("table", "class", "numbers").open("tr");
    List.of("stage", "metric", "first", "last").forEach(column -> page.element("th", column));
    page.close().line();
    rows.stream().map(MetricRow::stage).distinct().forEach(stage -> rows.stream()
        .filter(row -> row.stage().equals(stage)).flatMap(row -> row.values().keySet().stream()).distinct()
        .filter(metric -> !metric.equals("peak_rss_mb") && !Histogram.shows(metric))
        .forEach(metric -> Curve.of(metric, rows, stage, metric).ifPresent(curve -> page.open("tr")
            .element("td", stage.equals("eval") ? "ppo" : stage.replaceFirst("_eval", "")).element("td", metric)
            .element("td", Scale.number(curve.first())).element("td", Scale.number(curve.last())).close().line())));
    page.close().close().line();
  }

  private void sections(String directory, List<MetricRow> rows) {
    for (Section section : Sections.of(rows)) {
      page.open("section").element("h2", directory.isEmpty() ? section.title() : directory + ": " + section.title());
      panels(section.panels());
      if (!section.more().isEmpty()) {
        page.open("details").element("summary", section.more().size() + " more curves");
        panels(section.more());
        page.close();
      }
      page.close().line();
    }
  }

  private void panels(List<? extends Figure> panels) {
    page.open("div", "class", "panels");
    panels.forEach(panel -> panel.draw(page));
    page.close();
  }

  private void answers() {
    if (run.answers().isEmpty()) {
      return;
    }
    page.open("section").element("h2", "Answers before and after").open("table", "class", "texts").open("tr")
        .element("th", "prompt").element("th", "before").element("th", "after").close().line();
    for (RunFiles.AnswerPair pair : run.answers()) {
      page.open("tr").element("td", pair.before().prompt());
      for (Evaluation.Answer answer : List.of(pair.before(), pair.after())) {
        page.open("td").text(answer.text()).element("small", judged(answer)).close();
      }
      page.close().line();
    }
    page.close().close().line();
  }

  private static String judged(Evaluation.Answer answer) {
    String gold = answer.gold().isPresent() ? "gold " + Scale.number(answer.gold().getAsDouble()) + ", " : "";
    return gold + "reward " + Scale.number(answer.reward()) + ", " + answer.tokens() + " tokens";
  }

  private void samples() {
    if (run.samples().isEmpty()) {
      return;
    }
    page.open("section").element("h2", "Answers on the way").open("table", "class", "texts").open("tr");
    List.of("step", "prompt", "response", "reward", "kl").forEach(column -> page.element("th", column));
    page.close().line();
    for (JsonNode sample : run.samples()) {
      page.open("tr").element("td", sample.path("step").asText()).element("td", sample.path("prompt").asText())
          .element("td", sample.path("response").asText())
          .element("td", Scale.number(sample.path("reward").asDouble(Double.NaN)))
          .element("td", Scale.number(sample.path("kl").asDouble(Double.NaN))).close().line();
    }
    page.close().close().line();
  }

  private void config() {
    if (!run.config().isEmpty()) {
      page.open("section").open("details").element("summary", "Recipe with every default")
          .element("pre", run.config()).close().close().line();
    }
  }
}
