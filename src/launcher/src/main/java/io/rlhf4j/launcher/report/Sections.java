package io.rlhf4j.launcher.report;

import io.rlhf4j.launcher.health.HealthMonitor;
import io.rlhf4j.telemetry.MetricRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which metrics share a chart, and what the charts are called. Metrics that are not listed have a chart each. */
final class Sections {

  private static final String PPO = HealthMonitor.STAGE;
  private static final String TIME = "ppo-time";
  private static final String TEST = "eval";
  /** Between a stage and the file of held-out rows that it has measured by itself. */
  static final String PART = "_eval/";

  /** A metric of a stage and how the legend calls it. */
  private record Wanted(String stage, String metric, String name) {}

  private record Chart(String title, String note, List<Wanted> wanted) {}

  private static final List<Chart> OF_PPO = List.of(
      chart("Gold score", "of the task's judge, which training never sees", test("gold", "test prompts")),
      chart("Score of the reward role", "", ppo("score_mean", "training"), ppo("rlhf_reward", "minus weighted KL"),
          test("reward", "test prompts")),
      chart("KL to the reference", "nats an answer", ppo("kl", "k1"), ppo("kl_k3", "k3"), test("kl", "test prompts")),
      chart("Entropy", "nats a token", ppo("policy_entropy", "policy")),
      chart("Ratio before anything moved", "largest distance from 1",
          ppo("ratio_first_update_error", "first update")),
      chart("Clipped", "share of the actions", ppo("policy_clip_fraction", "policy"),
          ppo("value_clip_fraction", "values")),
      chart("Policy loss", "", ppo("policy_loss", "policy")),
      chart("Value loss", "", ppo("value_loss", "values")),
      chart("Explained variance", "of the returns", ppo("explained_variance", "before the update"),
          ppo("value_explained_variance", "after it")),
      chart("Answers that end by themselves", "eos rate", ppo("eos_rate", "training"),
          test("finished", "test prompts")),
      chart("Length", "tokens", ppo("response_length", "training"), test("tokens", "test prompts")),
      chart("Size of an update", "KL of old against new policy, nats a token", ppo("policy_approx_kl", "policy")),
      chart("Sampler against trainer", "nats a token", ppo("behaviour_gap_mean", "mean"),
          ppo("behaviour_gap_max", "largest")),
      chart("Gaming the reward?", "", ppo("repetition", "repetition"), ppo("duplicate_rate", "duplicates"),
          ppo("length_score_correlation", "length and score")),
      chart("Gradient norm", "before clipping", ppo("policy_grad_norm", "policy"), ppo("value_grad_norm", "values")),
      chart("Learning rate", "", ppo("policy_learning_rate", "policy"), ppo("value_learning_rate", "values")));

  private static final List<Chart> OF_OTHERS = List.of(
      chart("Loss", "", own("loss", "training"), held("loss", "held out")),
      chart("Accuracy", "share of right decisions", own("accuracy", "training"), held("accuracy", "held out")),
      chart("Scores", "means", own("chosen", "chosen"), own("rejected", "rejected")),
      chart("Margin", "chosen minus rejected", own("margin", "training"), held("margin", "held out")),
      chart("Gold score", "of the task's judge", own("gold", "test prompts")),
      chart("Reward", "", own("score", "test prompts"), own("bestOfK", "best of K"), own("meanOfK", "mean of K")),
      chart("KL", "nats an answer", own("kl", "test prompts")),
      chart("Length", "tokens", own("tokens", "test prompts")),
      chart("Gradient norm", "before clipping", own("grad_norm", "training")),
      chart("Learning rate", "", own("learning_rate", "training")));

  private Sections() {}

  /** One section for each stage, in the order in which the stages began. */
  static List<Section> of(List<MetricRow> rows) {
    Set<String> stages = new LinkedHashSet<>();
    rows.forEach(row -> stages.add(row.stage()));
    List<Section> sections = new ArrayList<>();
    for (String stage : stages) {
      boolean partOfOther = stage.contains("_eval") && stages.contains(stage.replaceFirst("_eval(/.*)?$", ""))
          || stages.contains(PPO) && (stage.equals(TEST) || stage.equals(TIME));
      if (!partOfOther) {
        sections.add(stage.equals(PPO) ? ppo(rows) : other(rows, stage));
      }
    }
    return sections;
  }

  private static Section ppo(List<MetricRow> rows) {
    List<Figure> panels = panels(rows, OF_PPO, PPO);
    Set<String> phases = names(rows, TIME);
    List<Curve> times = phases.stream().filter(name -> name.endsWith("_seconds"))
        .flatMap(name -> Curve.of(name.substring(0, name.length() - 8), rows, TIME, name).stream()).toList();
    if (!times.isEmpty()) {
      panels.add(new Panel("Time of an iteration", "seconds in each phase", times));
    }
    return new Section("PPO", panels, rest(rows, PPO, OF_PPO));
  }

  private static Section other(List<MetricRow> rows, String stage) {
    List<Figure> panels = panels(rows, OF_OTHERS, stage);
    Histogram.ofScores(rows, stage + "_eval").ifPresent(panels::add);
    List<Curve> parts = parts(rows, stage + PART);
    if (!parts.isEmpty()) {
      panels.add(new Panel("Accuracy by file", "of held-out rows", parts));
    }
    return new Section(stage, panels, rest(rows, stage, OF_OTHERS));
  }

  private static List<Curve> parts(List<MetricRow> rows, String prefix) {
    return rows.stream().map(MetricRow::stage).filter(stage -> stage.startsWith(prefix)).distinct()
        .flatMap(part -> Curve.of(part.substring(prefix.length()), rows, part, "accuracy").stream()).toList();
  }

  private static List<Figure> panels(List<MetricRow> rows, List<Chart> charts, String stage) {
    List<Figure> panels = new ArrayList<>();
    for (Chart chart : charts) {
      List<Curve> curves = chart.wanted().stream()
          .flatMap(it -> Curve.of(it.name(), rows, it.stage().formatted(stage), it.metric()).stream()).toList();
      if (!curves.isEmpty()) {
        panels.add(new Panel(chart.title(), chart.note(), curves));
      }
    }
    return panels;
  }

  /** Metrics of a stage that no chart has shown. */
  private static List<Panel> rest(List<MetricRow> rows, String stage, List<Chart> charts) {
    Set<String> shown = new HashSet<>();
    charts.forEach(chart -> chart.wanted().stream().filter(it -> it.stage().formatted(stage).equals(stage))
        .forEach(it -> shown.add(it.metric())));
    return names(rows, stage).stream().filter(name -> !shown.contains(name))
        .flatMap(name -> Curve.of(name, rows, stage, name).stream())
        .map(curve -> new Panel(curve.name(), "", List.of(curve))).toList();
  }

  private static Set<String> names(List<MetricRow> rows, String stage) {
    Set<String> names = new LinkedHashSet<>();
    rows.stream().filter(row -> row.stage().equals(stage)).forEach(row -> names.addAll(row.values().keySet()));
    return names;
  }

  private static Chart chart(String title, String note, Wanted... wanted) {
    return new Chart(title, note, List.of(wanted));
  }

  private static Wanted ppo(String metric, String name) {
    return new Wanted(PPO, metric, name);
  }

  private static Wanted test(String metric, String name) {
    return new Wanted(TEST, metric, name);
  }

  private static Wanted own(String metric, String name) {
    return new Wanted("%s", metric, name);
  }

  private static Wanted held(String metric, String name) {
    return new Wanted("%s_eval", metric, name);
  }
}
