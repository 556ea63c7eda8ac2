package io.rlhf4j.launcher.report;

import io.rlhf4j.config.InputException;
import io.rlhf4j.reward.PairScores;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.ScoreHistogram;
import io.rlhf4j.reward.eval.Calibration;
import io.rlhf4j.reward.eval.JudgedPair;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What {@code rlhf reward eval} has measured, on one page like that of a run. */
public final class EvaluationPage {

  private EvaluationPage() {}

  /**
   * Writes the page.
   *
   * @param name of the rewards
   * @param text what the command prints
   * @throws InputException if it cannot be written
   */
  public static void write(Path target, String name, String text, List<JudgedPair> pairs) {
    try {
      Files.createDirectories(target.toAbsolutePath().getParent());
      AtomicFiles.writeText(target, of(name, text, pairs));
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static String of(String name, String text, List<JudgedPair> pairs) {
    Markup page = new Markup();
    PageHead.FILE.open(page, name);
    page.open("body").open("header").element("h1", name).element("p", "rlhf reward eval").close().line();
    page.open("section").element("pre", text).close().line();
    List<Figure> figures = figures(pairs);
    if (!figures.isEmpty()) {
      page.open("section").open("div", "class", "panels");
      figures.forEach(figure -> figure.draw(page));
      page.close().close().line();
    }
    return "<!DOCTYPE html>\n" + page.close().close().line();
  }

  private static List<Figure> figures(List<JudgedPair> pairs) {
    List<Figure> figures = new ArrayList<>();
    List<PairScores> scores = pairs.stream().map(pair -> new PairScores(pair.chosen(), pair.rejected()))
        .filter(pair -> Double.isFinite(pair.chosen()) && Double.isFinite(pair.rejected())).toList();
    if (!scores.isEmpty()) {
      ScoreHistogram counts = RewardEvaluation.of(scores).histogram();
      figures.add(Histogram.ofScores("", counts.min(), counts.max(), counts.chosen(), counts.rejected()));
    }
    List<Calibration.Bin> bins = Calibration.of(pairs).bins();
    if (!bins.isEmpty()) {
      figures.add(new Panel("Calibration", "% of pairs decided right, by confidence in %",
          List.of(curve("measured", bins, Calibration.Bin::accuracy),
              curve("sigmoid(difference)", bins, Calibration.Bin::confidence))));
    }
    return figures;
  }

  private static Curve curve(String name, List<Calibration.Bin> bins, ToDoubleFunction<Calibration.Bin> share) {
    return new Curve(name, bins.stream().mapToDouble(bin -> 100 * bin.confidence()).toArray(),
        bins.stream().mapToDouble(bin -> 100 * share.applyAsDouble(bin)).toArray());
  }
}
