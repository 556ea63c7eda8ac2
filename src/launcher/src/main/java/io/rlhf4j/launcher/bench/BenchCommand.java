package io.rlhf4j.launcher.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.bench.stream.StreamCommand;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.tensor.Compute;
import java.io.PrintWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf bench}: speed of training and generation as a share of what the machine can do. */
@Command(name = "bench", mixinStandardHelpOptions = true, subcommands = StreamCommand.class,
    description = "Measures this machine (matrix products, memory) and how much of it training and generation use.")
public final class BenchCommand implements Runnable {

  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  @Option(names = "--model", paramLabel = "MODEL", defaultValue = "5m",
      description = "5m, 100m (random weights) or a model directory (default: ${DEFAULT-VALUE}).")
  private String model = "5m";

  @Option(names = "--threads", defaultValue = "0", description = "CPU threads; 0 takes all (default).")
  private int threads;

  @Option(names = "--seconds", defaultValue = "5",
      description = "Time for each measurement; each runs at least once (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(names = "--precision", defaultValue = "FP32",
      description = "int8 also measures generation with 8-bit matrices, in turn with fp32 (default: fp32).")
  private InferencePrecision precision = InferencePrecision.FP32;

  @Option(names = "--batch", split = ",", defaultValue = "1,8,64",
      description = "Batch sizes of generation (default: ${DEFAULT-VALUE}).")
  private int[] batches = {1, 8, 64};

  @Option(names = "--new-tokens", defaultValue = "64", description = "Length of an answer (default: ${DEFAULT-VALUE}).")
  private int newTokens;

  @Option(names = "--shared-prompts", paramLabel = "TOKENS", defaultValue = "0",
      description = "Also measures how long 64 samples of 8 prompts of so many tokens wait for their first token, and "
          + "64 samples of 64 prompts.")
  private int sharedPrompts;

  @Option(names = "--tokens", defaultValue = "2048",
      description = "Tokens of an optimiser step, about (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(names = "--lengths", split = ",", paramLabel = "TOKENS",
      description = "Lengths of the sequences of an optimiser step, in place of --tokens.")
  private int @Nullable [] lengths;

  @Option(names = "--interactive",
      description = "Answer the commands train, dpo and generate BATCH fp32|int8 on standard input with seconds, so "
          + "that a script can take turns with another program.")
  private boolean interactive;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean asJson;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public BenchCommand() {}

  @Override
  public void run() {
    require(threads >= 0, "--threads", threads, "at least 0");
    require(seconds > 0, "--seconds", seconds, "greater than 0");
    require(newTokens >= 2, "--new-tokens", newTokens, "at least 2");
    require(sharedPrompts >= 0, "--shared-prompts", sharedPrompts, "at least 0");
    require(tokens >= 1, "--tokens", tokens, "at least 1");
    require(Arrays.stream(batches).allMatch(batch -> batch >= 1), "--batch", Arrays.toString(batches), "at least 1");
    require(lengths == null || Arrays.stream(lengths).allMatch(length -> length >= 2), "--lengths",
        Arrays.toString(lengths), "at least 2");
    int used = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    Compute.configure(used, 1);
    try (CausalModel opened = BenchModel.open(model)) {
      if (interactive) {
        Compute.exclusive(
            () -> new BenchSession(opened, training(opened), new DpoBench(opened, chosenLengths()), newTokens)
                .answer(System.in, output()));
        return;
      }
      print(Compute.exclusive(() -> measure(opened, used)));
    }
  }

  private BenchReport measure(CausalModel opened, int used) {
    MachineLimits machine = MachineLimits.measure();
    TrainingBench training = training(opened);
    Measured trained = training.run(seconds);
    return new BenchReport(model, BenchModel.parameters(opened), used, machine, training.tokensPerStep(), trained,
        newTokens, new GenerationBench(opened, newTokens).run(batches, seconds, precision == InferencePrecision.INT8),
        sharedPrompts > 0 ? PromptBench.run(opened, sharedPrompts) : null);
  }

  private TrainingBench training(CausalModel opened) {
    return new TrainingBench(opened, chosenLengths());
  }

  private int[] chosenLengths() {
    return lengths == null ? TrainingBench.lengths(tokens) : lengths;
  }

  private PrintWriter output() {
    return spec.commandLine().getOut();
  }

  private void print(BenchReport report) {
    PrintWriter out = output();
    try {
      out.println(asJson ? JSON.writeValueAsString(report) : report.toText());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the report cannot be written as JSON", e);
    }
    out.flush();
  }

  private static void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new InputException(option + ": is " + value + ", must be " + rule);
    }
  }
}
