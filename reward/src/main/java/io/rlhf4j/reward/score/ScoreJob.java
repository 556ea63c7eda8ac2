package io.rlhf4j.reward.score;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.CandidateReader;
import io.rlhf4j.data.CandidateRow;
import io.rlhf4j.data.Shard;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.telemetry.PartFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Scores the answers of a file. The rows go out in the order in which they came, each with its rewards; those that
 * cannot be used are left out and counted. A job that was interrupted goes on where it stopped when it is run again.
 *
 * @param input JSON lines, see {@link CandidateReader}
 * @param output where the scored rows go; it appears when all are there
 * @param rewardsId what the rewards are, in words: an interrupted job with another text starts over
 * @param shard which part of the file
 * @param windowRows rows that are scored and written together; results depend on it by rounding only
 * @param parts whether each row also gets the score of every single reward
 */
public record ScoreJob(Path input, Path output, String rewardsId, Shard shard, int windowRows, boolean parts) {

  /** Hears how far a job is, on its own thread. */
  @FunctionalInterface
  public interface Listener {

    /**
     * @param done rows, those of an earlier job included
     * @param total rows of this shard
     */
    void progressed(long done, long total);
  }

  /** Scores the rows of a window. */
  @FunctionalInterface
  public interface Scorer {

    Window score(List<AnswerGroup> groups);
  }

  /**
   * What a window got.
   *
   * @param details its scores
   * @param counts what was counted, to be written into its last row; empty writes nothing
   */
  public record Window(Rewards.Details details, Map<String, Long> counts) {}

  /** The key of the counts in the last row of a window. */
  public static final String COUNTS = "counts";

  /**
   * What a job did.
   *
   * @param rows in the output
   * @param resumed how many of them an earlier job had left
   * @param startedOver whether what an interrupted job had left belonged to another input or other rewards
   * @param unscored answers without a score
   * @param scores mean, extremes and count of the scores of this job
   * @param skipped rows that could not be used
   * @param counts what the rewards counted
   */
  public record Result(long rows, long resumed, boolean startedOver, long unscored, DoubleSummaryStatistics scores,
      SkippedRows skipped, Map<String, Long> counts) {

    private Result with(Map<String, Long> others) {
      return new Result(rows, resumed, startedOver, unscored, scores, skipped, others);
    }
  }

  public ScoreJob {
    if (windowRows < 1) {
      throw new IllegalArgumentException("windows of " + windowRows + " rows");
    }
  }

  /**
   * Does the job.
   *
   * @throws InputException if the input cannot be read or has no usable row, or the output cannot be written
   */
  public Result run(Rewards rewards, Listener listener) {
    return run(groups -> new Window(rewards.details(groups), Map.of()), listener).with(rewards.counts());
  }

  /** Like the other; what the scorer counts goes into the rows, so that an interrupted job loses no count. */
  public Result run(Scorer scorer, Listener listener) {
    Counted counted = count();
    try (PartFile part = PartFile.open(output, identity(), windowRows)) {
      var run = new Run(scorer, part, listener, counted.mine());
      listener.progressed(part.rows(), counted.mine());
      CandidateReader.read(input, run::accept);
      run.flush();
      part.complete();
      return new Result(run.written, part.rows(), part.startedOver(), run.unscored, run.scores, counted.skipped(),
          run.counts);
    }
  }

  /** What the file has, before anything is computed. */
  private record Counted(long mine, SkippedRows skipped) {}

  private Counted count() {
    SkippedRows skipped = CandidateReader.read(input, row -> {});
    long usable = skipped.rows() - skipped.count();
    if (usable == 0) {
      throw new InputException(skipped.summary().map(summary -> summary + "; none is left")
          .orElse(input + ": has no rows"));
    }
    return new Counted(usable / shard.count() + (usable % shard.count() >= shard.number() ? 1 : 0), skipped);
  }

  private String identity() {
    try {
      return String.join("\n", input.toAbsolutePath().normalize().toString(), String.valueOf(Files.size(input)),
          Files.getLastModifiedTime(input).toString(), shard.toString(), String.valueOf(windowRows),
          String.valueOf(parts), rewardsId);
    } catch (IOException e) {
      throw new InputException(input + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** The rows on their way through. */
  private final class Run {

    private final Scorer scorer;
    private final PartFile part;
    private final Listener listener;
    private final long total;
    private final List<CandidateRow> window = new ArrayList<>();
    private final DoubleSummaryStatistics scores = new DoubleSummaryStatistics();
    private final Map<String, Long> counts = new TreeMap<>();
    private long index;
    private long taken;
    private long written;
    private long unscored;

    Run(Scorer scorer, PartFile part, Listener listener, long total) {
      this.scorer = scorer;
      this.part = part;
      this.listener = listener;
      this.total = total;
      this.written = part.rows();
    }

    void accept(CandidateRow row) {
      if (!shard.takes(index++) || taken++ < part.rows()) {
        return;
      }
      window.add(row);
      if (window.size() == windowRows) {
        flush();
      }
    }

    void flush() {
      if (window.isEmpty()) {
        return;
      }
      Window got = scorer.score(window.stream()
          .map(row -> new AnswerGroup(row.prompt(), row.answers(), row.label())).toList());
      Rewards.Details details = got.details();
      got.counts().forEach((what, count) -> counts.merge(what, count, Long::sum));
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < window.size(); i++) {
        ObjectNode row = scored(window.get(i), details, i);
        if (i == window.size() - 1 && !got.counts().isEmpty()) {
          got.counts().forEach(row.putObject(COUNTS)::put);
        }
        lines.add(row.toString());
        for (double score : details.totals().get(i)) {
          count(score);
        }
      }
      part.append(lines);
      written += lines.size();
      window.clear();
      listener.progressed(written, total);
    }

    private ObjectNode scored(CandidateRow row, Rewards.Details details, int i) {
      ObjectNode json = row.withScores(details.totals().get(i));
      if (parts) {
        details.parts().forEach((name, all) -> json.setAll(row.scoreKeys(all.get(i), name)));
      }
      return json;
    }

    private void count(double score) {
      if (Double.isFinite(score)) {
        scores.accept(score);
      } else {
        unscored++;
      }
    }
  }
}
