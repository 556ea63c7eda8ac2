package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.data.Shard;
import io.rlhf4j.reward.kind.RewardFiles;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.score.ScoreJob;
import io.rlhf4j.telemetry.Progress;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward score}: a file of answers in, the same rows with their rewards out. */
@Command(name = "score", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Scores the answers of a file; an interrupted job goes on where it stopped.",
    "Rows: prompt + responses -> rewards, input + output -> reward, chosen + rejected -> chosen_reward + "
        + "rejected_reward."})
public final class RewardScoreCommand implements Callable<Integer> {

  @Mixin
  private RewardOptions rewards = new RewardOptions();

  @Option(names = "--input", required = true, paramLabel = "FILE",
      description = "JSON lines, also .gz, or a JSON list.")
  private Path input = Path.of("");

  @Option(names = "--output", required = true, paramLabel = "FILE", description = "Where the scored rows go (.jsonl).")
  private Path output = Path.of("");

  @Option(names = "--shard", paramLabel = "I/N", defaultValue = "1/1",
      description = "Score every N-th row only, beginning with row I. Default: ${DEFAULT-VALUE}.")
  private String shard = "";

  @Option(names = "--window", paramLabel = "ROWS", defaultValue = "64",
      description = "Rows that are scored and written together. Default: ${DEFAULT-VALUE}.")
  private int windowRows;

  @Option(names = "--parts", description = "Also write the score of every single reward, rewards_KIND.")
  private boolean parts;

  @Option(names = "--overwrite", description = "Replace an output file that is already there.")
  private boolean overwrite;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardScoreCommand() {}

  @Override
  public Integer call() {
    if (windowRows < 1) {
      throw InputException.key("--window", "is " + windowRows + ", must be at least 1");
    }
    if (Files.exists(output) && !overwrite) {
      throw InputException.in(output, "is already there, choose another name or give --overwrite");
    }
    List<RewardSpec> specs = rewards.load();
    String identity = specs + "\n" + RewardFiles.fingerprint(specs) + rewards.identity();
    var job = new ScoreJob(input, output, identity, Shard.parse(shard), windowRows, parts);
    try (Rewards opened = rewards.open(specs, spec.commandLine().getOut())) {
      print(run(job, opened));
    }
    return 0;
  }

  private static ScoreJob.Result run(ScoreJob job, Rewards rewards) {
    var shown = new Object() {
      private Progress progress;
      private long done;
    };
    ScoreJob.Result result = job.run(rewards, (done, total) -> {
      if (shown.progress == null) {
        // What an earlier job did says nothing about the time that is left.
        shown.progress = Progress.start("score", total - done);
      } else {
        shown.progress.advance(done - shown.done, "");
      }
      shown.done = done;
    });
    shown.progress.close();
    return result;
  }

  private void print(ScoreJob.Result result) {
    PrintWriter out = spec.commandLine().getOut();
    result.skipped().summary().ifPresent(out::println);
    if (result.startedOver()) {
      out.println("started over: the rewards (or their models), the input or --window have changed since the "
          + "interrupted job");
    }
    if (result.resumed() > 0) {
      out.println("went on behind " + result.resumed() + " rows of an interrupted job");
    }
    result.counts().forEach((what, count) -> out.println(what + ": " + count));
    if (result.unscored() > 0) {
      out.println("answers without a score: " + result.unscored());
    }
    if (result.scores().getCount() > 0) {
      out.println(String.format(Locale.ROOT, "scores: %d, mean %.4f, from %.4f to %.4f", result.scores().getCount(),
          result.scores().getAverage(), result.scores().getMin(), result.scores().getMax()));
    }
    out.println(output + ": " + result.rows() + " rows");
    out.flush();
  }
}
