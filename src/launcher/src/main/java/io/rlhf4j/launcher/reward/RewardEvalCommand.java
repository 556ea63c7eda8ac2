package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.launcher.report.EvaluationPage;
import io.rlhf4j.reward.eval.Benchmark;
import io.rlhf4j.reward.eval.BenchmarkScores;
import io.rlhf4j.reward.eval.EvaluationReport;
import io.rlhf4j.reward.eval.JudgedPair;
import io.rlhf4j.reward.eval.ModelType;
import io.rlhf4j.reward.eval.ResultFiles;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.telemetry.Progress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward eval}: how often rewards prefer what people prefer. */
@Command(name = "eval", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Measures rewards on pairs of answers as RewardBench does: sections, ties counted wrong, intervals, calibration, bias.",
    "Rows: prompt, chosen, rejected and, for the sections, subset."})
public final class RewardEvalCommand implements Callable<Integer> {

  @Mixin
  private RewardOptions rewards = new RewardOptions();

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "JSON lines, also .gz, or a JSON list.")
  private Path data = Path.of("");

  @Option(names = "--output", paramLabel = "DIR",
      description = "Also write the files that RewardBench writes, and one page.")
  private @Nullable Path output;

  @Option(names = "--name", paramLabel = "NAME", defaultValue = "reward",
      description = "Name of the files, NAME or ORGANISATION/NAME. Default: ${DEFAULT-VALUE}.")
  private String name = "";

  @Option(names = "--window", paramLabel = "PAIRS", defaultValue = "64",
      description = "Pairs that are scored together; changes scores by rounding only. Default: ${DEFAULT-VALUE}.")
  private int window;

  @Option(names = "--bootstrap", paramLabel = "N", defaultValue = "1000",
      description = "How often pairs are drawn again for the intervals. Default: ${DEFAULT-VALUE}.")
  private int samples;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "17",
      description = "Of drawing. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardEvalCommand() {}

  @Override
  public Integer call() {
    atLeastOne("--window", window);
    atLeastOne("--bootstrap", samples);
    ResultFiles files = output == null ? null : new ResultFiles(output, name);
    Benchmark benchmark = Benchmark.read(data);
    List<RewardSpec> specs = rewards.load();
    PrintWriter out = spec.commandLine().getOut();
    try (Rewards opened = rewards.open(specs, out)) {
      BenchmarkScores scores = new BenchmarkScores(judge(benchmark, opened), ModelType.of(specs));
      benchmark.skipped().summary().ifPresent(out::println);
      String report = new EvaluationReport(scores, samples, seed).text();
      out.print(report);
      opened.counts().forEach((what, count) -> out.println(what + ": " + count));
      if (files != null) {
        files.write(scores, ModelType.referenceModel(specs));
        EvaluationPage.write(files.page(), name, report, scores.pairs());
        out.println("files: " + output);
      }
    }
    out.flush();
    return 0;
  }

  private List<JudgedPair> judge(Benchmark benchmark, Rewards opened) {
    try (Progress progress = Progress.start("eval", benchmark.rows().size())) {
      return benchmark.judge(opened, window, done -> progress.advance(done, ""));
    }
  }

  private static void atLeastOne(String option, int value) {
    if (value < 1) {
      throw InputException.key(option, "is " + value + ", must be at least 1");
    }
  }
}
