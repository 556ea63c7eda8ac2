package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.launcher.health.Warning;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What PPO changed.
 *
 * @param before answers of the policy that PPO started from
 * @param after answers of the trained policy to the same prompts with the same random numbers
 * @param best mean of the best reachable gold scores, if the recipe has a judge
 * @param kept the best of the evaluations, if they were compared
 * @param firstRatioError largest |ratio - 1| over all tokens of the first update; anything but rounding means that
 *     sampling and training disagree; NaN if the ratio is taken against the sampler, or nothing was updated
 * @param warnings what looked wrong on the way
 */
public record PpoReport(Evaluation before, Evaluation after, OptionalDouble best, BestEvaluation kept,
    double firstRatioError,
    List<Warning> warnings) {

  public PpoReport {
    warnings = List.copyOf(warnings);
  }

  private static final double HEALTHY_RATIO_ERROR = 1e-4;
  private static final int SAMPLES = 5;
  private static final int CELL_WIDTH = 38;

  /** The table at the end of a run. */
  public String summary() {
    TextTable table = new TextTable("test prompts, temperature as in training", "before PPO", "after PPO");
    if (before.gold().isPresent() && after.gold().isPresent()) {
      table.row("gold score" + (best.isPresent() ? " (best reachable %s)".formatted(number(best.getAsDouble())) : ""),
          number(before.gold().getAsDouble()), number(after.gold().getAsDouble()));
    }
    table.row("reward model's score", number(before.reward()), number(after.reward()));
    table.row("KL to the SFT model, nats an answer", number(before.kl()), number(after.kl()));
    table.row("length, tokens", number(before.tokens()), number(after.tokens()));
    table.row("answers that end by themselves", percent(before.finished()), percent(after.finished()));
    return table + (kept.finished() < 0 ? "" : kept.line() + System.lineSeparator());
  }

  /** Whether the first update saw the policy that sampled, in one line; then a line for each warning. */
  public String health() {
    return Stream.concat(Stream.of(firstUpdate()), warnings.stream().map(Warning::line))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private String firstUpdate() {
    if (Double.isNaN(firstRatioError)) {
      return "health: no first update against the policy's own log-probs (no iteration, or proximal_policy: behaviour)";
    }
    return "health: first update |ratio - 1| is at most %.1e, %s".formatted(firstRatioError,
        firstRatioError < HEALTHY_RATIO_ERROR ? "as it should be (below 1e-4)"
            : "too far from 0: training and sampling disagree about log-probs");
  }

  /** Answers to the first test prompts, side by side. */
  public String samples() {
    TextTable table = new TextTable("prompt", "before PPO", "after PPO").wrapAt(CELL_WIDTH);
    IntStream.range(0, Math.min(SAMPLES, before.answers().size())).forEach(i -> {
      table.row(before.answers().get(i).prompt(), cell(before.answers().get(i)), cell(after.answers().get(i)));
      table.row("", "", "");
    });
    return table.toString();
  }

  /** By how much of the distance between the start and the best reachable score gold rose; NaN without a judge. */
  public double shareOfReachableGain() {
    if (best.isEmpty() || before.gold().isEmpty() || after.gold().isEmpty()) {
      return Double.NaN;
    }
    double start = before.gold().getAsDouble();
    return (after.gold().getAsDouble() - start) / (best.getAsDouble() - start);
  }

  private static String cell(Evaluation.Answer answer) {
    String gold = answer.gold().isPresent() ? " [gold " + number(answer.gold().getAsDouble()) + "]" : "";
    return answer.text() + gold;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f%%", 100 * share);
  }
}
