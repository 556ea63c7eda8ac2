package io.rlhf4j.reward.eval;

import io.rlhf4j.config.InputException;
import io.rlhf4j.data.CandidateReader;
import io.rlhf4j.data.CandidateRow;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.Rewards;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Pairs of answers, one of each preferred, and what rewards make of them.
 *
 * @param rows pairs in the order of the file
 * @param skipped rows that are no pairs
 */
public record Benchmark(List<CandidateRow> rows, SkippedRows skipped) {

  public Benchmark {
    rows = List.copyOf(rows);
  }

  /**
   * Reads {@code prompt}, {@code chosen}, {@code rejected} and, where there are any, {@code subset} and {@code id}.
   *
   * @throws InputException if the file has no pair
   */
  public static Benchmark read(Path file) {
    List<CandidateRow> pairs = new ArrayList<>();
    SkippedRows skipped = CandidateReader.read(file, row -> {
      if (row.shape() == CandidateRow.Shape.PAIR) {
        pairs.add(row);
      }
    });
    if (pairs.isEmpty()) {
      throw InputException.in(file, "has no row with chosen and rejected"
          + skipped.summary().map(summary -> "; " + summary).orElse(""));
    }
    return new Benchmark(pairs, skipped);
  }

  /**
   * Scores every pair. How many are scored together changes scores by rounding only.
   *
   * @param window pairs that are scored together
   * @param progress told how many are done with each window
   */
  public List<JudgedPair> judge(Rewards rewards, int window, IntConsumer progress) {
    List<JudgedPair> judged = new ArrayList<>(rows.size());
    for (int start = 0; start < rows.size(); start += window) {
      List<CandidateRow> part = rows.subList(start, Math.min(rows.size(), start + window));
      List<double[]> scores =
          rewards.score(part.stream().map(row -> new AnswerGroup(row.prompt(), row.answers(), row.label())).toList());
      for (int i = 0; i < part.size(); i++) {
        judged.add(new JudgedPair(part.get(i), scores.get(i)[0], scores.get(i)[1]));
      }
      progress.accept(part.size());
    }
    return judged;
  }
}
