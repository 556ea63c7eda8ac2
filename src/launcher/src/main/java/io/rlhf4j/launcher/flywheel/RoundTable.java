package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.reward.Proportion;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The table of rounds. */
final class RoundTable {

  private RoundTable() {}

  static String of(List<RoundRecord> rounds) {
    boolean gold = rounds.stream().anyMatch(round -> round.gold() != null);
    TextTable table = new TextTable("round", gold ? "validation" : "validation reward", "gold",
        "wins against round 0 by " + rounds.getLast().decidedBy() + " [95 % interval]", "reward", "best of K gain",
        "tokens", "KL", "ended", "imitated", "pairs", "labels", "kept");
    for (RoundRecord round : rounds) {
      table.row(String.valueOf(round.round()), number(gold ? round.validationGold() : round.validationScore()),
          number(round.gold()), wins(round),
          number(round.score()),
          round.bestOfK() == null || round.meanOfK() == null ? "" : number(round.bestOfK() - round.meanOfK()),
          String.format(Locale.ROOT, "%.1f", round.tokens()), number(round.kl()),
          String.format(Locale.ROOT, "%.0f%%", 100 * round.finished()), String.valueOf(round.imitated()),
          String.valueOf(round.pairs()), String.valueOf(round.labels()),
          decision(round));
    }
    return table.toString();
  }

  private static String decision(RoundRecord round) {
    String undecided = round.undecided() == 0 ? "" : ", " + round.undecided() + " prompts undecided";
    return (round.kept() ? "yes" : "no, gain " + number(round.gain())) + undecided;
  }

  private static String wins(RoundRecord round) {
    int decided = round.wins() + round.losses();
    return decided == 0 ? "" : new Proportion(round.wins(), decided).toString();
  }

  private static String number(@Nullable Double value) {
    return value == null ? "" : String.format(Locale.ROOT, "%.2f", value);
  }
}
