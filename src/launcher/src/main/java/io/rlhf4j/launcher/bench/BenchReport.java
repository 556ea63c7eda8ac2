package io.rlhf4j.launcher.bench;

import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code rlhf bench} measured.
 *
 * @param model its name
 * @param parameters weights of the model
 * @param threads CPU threads
 * @param machine limits at the beginning
 * @param tokensPerStep of training
 * @param training next-token training
 * @param newTokens length of each answer
 * @param generation by batch size
 * @param prompts processing of shared prompts, null if it was not measured
 */
record BenchReport(String model, long parameters, int threads, MachineLimits machine, int tokensPerStep,
    Measured training, int newTokens, List<GenerationBench.AtBatch> generation,
    PromptBench.@Nullable Result prompts) {

  String toText() {
    TextTable table = new TextTable("", "tokens/s", "of the limit", "rounds", "int8 tokens/s", "int8 / fp32");
    table.row("training, " + tokensPerStep + " tokens a step", number(training.tokensPerSecond()),
        share(training.fractionOfLimit()), Integer.toString(training.rounds()), "", "");
    for (GenerationBench.AtBatch at : generation) {
      GenerationBench.Int8 int8 = at.int8();
      table.row("generation, batch " + at.batch(), number(at.fp32().tokensPerSecond()),
          share(at.fp32().fractionOfLimit()), Integer.toString(at.fp32().rounds()),
          int8 == null ? "" : number(int8.tokensPerSecond()), int8 == null ? "" : share(int8.speedup()));
    }
    return String.format(Locale.ROOT, "%s, %,d parameters, fp32, %d threads%n"
        + "matrix products %.0f GFLOP/s, reading from memory %.1f GB/s (measured again before every round)%n%n%s",
        model, parameters, threads, machine.flopsPerSecond() / 1e9, machine.bytesPerSecond() / 1e9, table)
        + promptText();
  }

  private String promptText() {
    return prompts == null ? "" : String.format(Locale.ROOT,
        "%n%d samples of %d prompts: %,d prompt tokens in %.3f s; as %d prompts: %,d tokens in %.3f s%n",
        prompts.samples(), prompts.prompts(), prompts.sharedTokens(), prompts.sharedSeconds(), prompts.samples(),
        prompts.separateTokens(), prompts.separateSeconds());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  private static String share(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
