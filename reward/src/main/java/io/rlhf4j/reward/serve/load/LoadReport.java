package io.rlhf4j.reward.serve.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.telemetry.TextTable;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a load test found.
 *
 * @param clients that asked at once
 * @param single one client, all rounds
 * @param together many clients, all rounds
 * @param ratios answers per second of many clients over one, round by round
 * @param ratio their median
 * @param half requests at random times, half as many as the server can answer
 * @param leaving many clients of which some leave; null if that was left out
 */
public record LoadReport(int clients, Phase single, Phase together, double[] ratios, double ratio, Phase half,
    @Nullable Phase leaving) {

  /** Time of the slowest request of a hundred at half load, over the median time when all clients ask at once. */
  public double halfLoadRatio() {
    return half.within(0.99) / together.within(0.5);
  }

  /** Answers that were wrong or did not come, of all phases. */
  public long failures() {
    return failures(single) + failures(together) + failures(half) + (leaving == null ? 0 : failures(leaving));
  }

  private static long failures(Phase phase) {
    return phase.wrong() + phase.lost();
  }

  /** For people. */
  public String toText() {
    var table = new TextTable("", "answers/s", "median ms", "p99 ms", "wrong", "lost", "left");
    row(table, "1 client", single);
    row(table, clients + " clients", together);
    row(table, "half load", half);
    StringBuilder text = new StringBuilder();
    if (leaving != null) {
      row(table, clients + " clients, some leave", leaving);
    }
    text.append(table);
    text.append(String.format(Locale.ROOT, "%d clients over one: %.2f (%s)%n", clients, ratio,
        String.join(", ", Arrays.stream(ratios).mapToObj(one -> String.format(Locale.ROOT, "%.2f", one)).toList())));
    text.append(String.format(Locale.ROOT, "p99 at half load over the median at full load: %.2f", halfLoadRatio()));
    for (Phase phase : leaving == null ? new Phase[] {single, together, half}
        : new Phase[] {single, together, half, leaving}) {
      if (!phase.problem().isEmpty()) {
        return text.append("\nlost: ").append(phase.problem()).toString();
      }
    }
    return text.toString();
  }

  private static void row(TextTable table, String name, Phase phase) {
    table.row(name, number(phase.rate()), number(phase.within(0.5)), number(phase.within(0.99)),
        String.valueOf(phase.wrong()), String.valueOf(phase.lost()), String.valueOf(phase.left()));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** For programs: one object. */
  public String toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode().put("clients", clients).put("ratio", ratio);
    Arrays.stream(ratios).forEach(json.putArray("ratios")::add);
    json.put("p99_half_load_ratio", halfLoadRatio()).put("failures", failures());
    phase(json.putObject("single"), single);
    phase(json.putObject("together"), together);
    phase(json.putObject("half_load"), half);
    if (leaving != null) {
      phase(json.putObject("leaving"), leaving);
    }
    return json.toString();
  }

  private static void phase(ObjectNode json, Phase phase) {
    json.put("answers_per_second", phase.rate()).put("median_ms", phase.within(0.5)).put("p99_ms", phase.within(0.99))
        .put("wrong", phase.wrong()).put("lost", phase.lost()).put("left", phase.left());
  }
}
