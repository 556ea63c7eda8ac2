package io.rlhf4j.launcher.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.telemetry.MetricsLog;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class RunReportTest {

  /** Everything that a model might say to become part of the page, or to break it. */
  private static final String HOSTILE =
      "</td><script>alert(1)</script><img src=x onerror=\"go()\"> & 'quoted' \u0000\u001b[31m\u202e end]]>";

  @TempDir
  private Path run;

  @Test
  void aPpoRunHasItsCurvesWarningsAndAnswersOnOnePage() throws Exception {
    ppoRun();
    String text = Files.readString(RunReport.write(run));
    Document page = parsed(text);

    assertThat(titles(page)).contains("Gold score", "Score of the reward role", "KL to the reference", "Entropy",
        "Ratio before anything moved", "Clipped", "Value loss", "Answers that end by themselves", "Length",
        "Time of an iteration", "Loss", "unknown_metric").doesNotContain("peak_rss");
    assertThat(legend(page, "Gold score")).containsExactly("test prompts 0.8");
    assertThat(legend(page, "KL to the reference")).containsExactly("k1 1.25", "test prompts 2.5");
    assertThat(legend(page, "Time of an iteration")).containsExactly("generating 0.5", "learning 1.5");
    assertThat(all(page, "title")).contains("k1, 2: 1.25", "generating, 1: 0.5");
    assertThat(all(page, "li")).singleElement().asString().startsWith("eos_rate, iteration 4: eos rate is 10 %");
    assertThat(all(page, "p")).contains("run that is not finished");
    assertThat(all(page, "td")).contains("gold", "0.2", "0.8", "beforegold 0.2, reward 1, 3 tokens");
    assertThat(all(page, "pre")).containsExactly("name: 'a < b'\n");
  }

  @Test
  void whatModelsSayStaysText() throws Exception {
    ppoRun();
    String text = Files.readString(RunReport.write(run));
    Document page = parsed(text);

    String shown = HOSTILE.replaceAll("[\u0000\u001b\u202e]", "\ufffd");
    assertThat(all(page, "td")).contains(shown, "half \ufffd a pair");
    assertThat(all(page, "script")).isEmpty();
    assertThat(all(page, "img")).isEmpty();
    assertThat(text).doesNotContain("<script", "<img", "\u001b", "\u202e");
    // Nothing is fetched and nothing may run.
    assertThat(text).contains("default-src &#39;none&#39;").doesNotContain("src=\"", "href", "url(", "@import");
    assertThat(text.replace("http://www.w3.org/1999/xhtml", "")).doesNotContain("http:", "https:", "//");
  }

  @Test
  void constantShortAndLongCurvesAreDrawn() throws Exception {
    try (MetricsLog log = MetricsLog.repeatable(run.resolve("metrics.jsonl"))) {
      log.log("sft", 1, Map.of("once", 3.0));
      for (int step = 1; step <= 1000; step++) {
        log.log("sft", step, Map.of("loss", 1.0 / step, "constant", 7.0));
      }
      log.log("sft_eval", 1000, Map.of("loss", 0.25));
    }
    Document page = parsed(Files.readString(RunReport.write(run)));
    assertThat(legend(page, "Loss")).containsExactly("training 0.001", "held out 0.25");
    NodeList lines = page.getElementsByTagName("polyline");
    assertThat(lines.getLength()).isEqualTo(4);
    for (int i = 0; i < lines.getLength(); i++) {
      assertThat(((Element) lines.item(i)).getAttribute("points").split(" ")).hasSizeLessThanOrEqualTo(400)
          .allMatch(point -> point.matches("\\d+\\.\\d,\\d+\\.\\d"));
    }
    assertThat(all(page, "h2")).containsExactly("On test data", "sft");
  }

  @Test
  void scoresOfHeldOutAnswersAreBars() throws Exception {
    try (MetricsLog log = MetricsLog.repeatable(run.resolve("metrics.jsonl"))) {
      log.log("reward", 1, Map.of("loss", 0.7));
      log.log("reward_eval", 5, scores(List.of(9, 0), List.of(0, 9)));
      log.log("reward_eval", 10, scores(List.of(1, 3), List.of(4, 0)));
      log.log("reward_eval/a.jsonl", 10, Map.of("accuracy", 0.75));
      log.log("reward_eval/b.jsonl", 10, Map.of("accuracy", 0.5));
    }
    Document page = parsed(Files.readString(RunReport.write(run)));

    assertThat(legend(page, "Scores of held-out answers")).containsExactly("chosen 4", "rejected 4");
    List<Element> bars = elements(page, "rect").toList();
    assertThat(bars.stream().map(Element::getTextContent)).containsExactly("chosen, -2 to 0: 1", "chosen, 0 to 2: 3",
        "rejected, -2 to 0: 4", "rejected, 0 to 2: 0");
    // The highest bar takes all but the room above it: 160 pixels for 4 x 1.06.
    assertThat(bars.stream().map(bar -> bar.getAttribute("height"))).containsExactly("37.7", "113.2", "150.9", "0.0");
    assertThat(bars.stream().map(bar -> bar.getAttribute("x"))).containsExactly("62.9", "223.9", "130.5", "291.5");
    assertThat(all(page, "text")).contains("-2", "2", "4");
    assertThat(all(page, "td")).contains("score_max", "reward/a.jsonl").doesNotContain("chosen_bin_1");
    assertThat(legend(page, "Accuracy by file")).containsExactly("a.jsonl 0.75", "b.jsonl 0.5");
    assertThat(all(page, "h2")).containsExactly("On test data", "reward");
  }

  @Test
  void equalScoresAreOneBar() throws Exception {
    try (MetricsLog log = MetricsLog.repeatable(run.resolve("metrics.jsonl"))) {
      Map<String, Double> scores = scores(List.of(2, 0), List.of(2, 0));
      scores.put("score_min", 2.0);
      log.log("reward_eval", 5, scores);
      log.log("reward", 6, Map.of("loss", 0.7));
    }
    Document page = parsed(Files.readString(RunReport.write(run)));
    assertThat(elements(page, "rect").map(bar -> bar.getAttribute("height"))).containsExactly("150.9", "0.0", "150.9",
        "0.0");
  }

  private static Map<String, Double> scores(List<Integer> chosen, List<Integer> rejected) {
    Map<String, Double> values = new LinkedHashMap<>(Map.of("score_min", -2.0, "score_max", 2.0, "accuracy", 0.5));
    for (int bin = 1; bin <= chosen.size(); bin++) {
      values.put("chosen_bin_" + bin, (double) chosen.get(bin - 1));
      values.put("rejected_bin_" + bin, (double) rejected.get(bin - 1));
    }
    return values;
  }

  @Test
  void aFlywheelHasItsRoundsAndTheirStages() throws Exception {
    for (int round = 0; round < 2; round++) {
      Path directory = Files.createDirectories(run.resolve("round-" + round).resolve("sft")).getParent();
      Files.writeString(directory.resolve("round.json"),
          "{\"round\": %d, \"gold\": 0.%d, \"score\": 1.5, \"kept\": true, \"rule\": \"r\"}".formatted(round,
              3 + round));
      Files.writeString(directory.resolve("answers.jsonl"), answer("round " + round, 0.5));
      try (MetricsLog log = MetricsLog.repeatable(directory.resolve("sft/metrics.jsonl"))) {
        log.log("sft", 1, Map.of("loss", 2.0));
      }
    }
    Document page = parsed(Files.readString(RunReport.write(run)));
    assertThat(all(page, "h2")).containsExactly("Rounds", "round", "round-0/sft: sft", "round-1/sft: sft",
        "Answers before and after");
    assertThat(legend(page, "Gold score")).containsExactly("test prompts 0.4");
    assertThat(all(page, "td")).contains("0.3", "0.4", "round 1gold 0.5, reward 1, 3 tokens");
  }

  @Test
  void whereThereIsNothingToReportItSaysSo() {
    assertThatThrownBy(() -> RunReport.write(run)).isInstanceOf(InputException.class)
        .hasMessageContaining("has no metrics.jsonl, so there is nothing to report");
    assertThatThrownBy(() -> RunReport.write(run.resolve("absent"))).isInstanceOf(InputException.class)
        .hasMessageContaining("absent: is no directory, must be that of a run");
    assertThat(run).isEmptyDirectory();
  }

  private void ppoRun() throws IOException {
    Files.writeString(run.resolve("config.yaml"), "name: 'a < b'\n");
    try (MetricsLog log = MetricsLog.repeatable(run.resolve("metrics.jsonl"))) {
      log.log("sft", 1, Map.of("loss", 3.5));
      log.log("eval", 0, Map.of("gold", 0.2, "kl", 0.0, "reward", -1.0, "finished", 1.0, "tokens", 9.0));
      for (int step = 1; step <= 4; step++) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (String name : List.of("score_mean", "policy_entropy", "ratio_first_update_error", "policy_clip_fraction",
            "value_loss", "response_length", "unknown_metric")) {
          metrics.put(name, 1e-4 * step);
        }
        metrics.put("response_length", 8.0);
        metrics.put("kl", 1.25);
        metrics.put("eos_rate", step < 4 ? 0.9 : 0.1);
        log.log("ppo", step, metrics);
        Map<String, Double> times = new LinkedHashMap<>();
        times.put("generating_seconds", 0.5);
        times.put("learning_seconds", 1.5);
        log.log("ppo-time", step, times);
      }
      log.log("eval", 4, Map.of("gold", 0.8, "kl", 2.5, "reward", 1.0, "finished", 0.5, "tokens", 9.0));
    }
    Files.writeString(run.resolve(Evaluation.BEFORE), answer("before", 0.2));
    Files.writeString(run.resolve(Evaluation.AFTER), answer(HOSTILE, 0.8));
    Files.writeString(run.resolve("samples.jsonl"),
        FileOutput.lines(List.of(Map.of("step", 1, "prompt", HOSTILE, "response", HOSTILE, "reward", 0.5, "kl", 0.1)))
            + "{\"step\": 2, \"response\": \"half \\ud800 a pair\"}\n{\"step\": 2, \"pro");
  }

  private static String answer(String text, double gold) {
    return FileOutput.lines(new Evaluation(List.of(
        new Evaluation.Answer("question", text, OptionalDouble.of(gold), 1, 0.5, 3, true))).rows());
  }

  /** A browser forgives; XML does not. */
  private static Document parsed(String page) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder()
        .parse(new InputSource(new StringReader(page)));
  }

  private static List<String> titles(Document page) {
    return elements(page, "figcaption").map(caption -> caption.getFirstChild().getTextContent()).toList();
  }

  private static List<String> legend(Document page, String title) {
    Element caption = elements(page, "figcaption")
        .filter(one -> one.getFirstChild().getTextContent().equals(title)).findFirst().orElseThrow();
    NodeList entries = ((Element) caption.getLastChild()).getElementsByTagName("span");
    return IntStream.range(0, entries.getLength()).mapToObj(i -> entries.item(i).getTextContent().strip()).toList();
  }

  private static List<String> all(Document page, String tag) {
    return elements(page, tag).map(Element::getTextContent).toList();
  }

  private static Stream<Element> elements(Document page, String tag) {
    NodeList found = page.getElementsByTagName(tag);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i));
  }
}
