package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.reward.gateway.VerifierGateway;
import io.rlhf4j.reward.kind.GenerationSettings;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.kind.TextGenerator;
import io.rlhf4j.telemetry.JsonLines;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward gateway}: answers prompts, but lets through only what a reward finds good enough. */
@Command(name = "gateway", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Answers the prompts of a file with a generator and lets through only what scores high enough.",
    "An answer below the threshold is generated again, a bounded number of times; every decision is logged."})
public final class RewardGatewayCommand implements Callable<Integer> {

  @Mixin
  private RewardOptions rewards = new RewardOptions();

  @Option(names = "--generator", required = true, paramLabel = "DIR|URL",
      description = "Language model, or address of OpenAI-compatible chat completions.")
  private String generator = "";

  @Option(names = "--input", required = true, paramLabel = "FILE",
      description = "Prompts: rows with prompt or messages.")
  private Path input = Path.of("");

  @Option(names = "--log", required = true, paramLabel = "FILE",
      description = "Every decision as a JSON line, with all attempts and their scores; added to a file that is there.")
  private Path log = Path.of("");

  @Option(names = "--threshold", required = true, paramLabel = "SCORE",
      description = "Lowest score that is let through.")
  private double threshold;

  @Option(names = "--regenerations", paramLabel = "N", defaultValue = "3",
      description = "Attempts after the first. Default: ${DEFAULT-VALUE}.")
  private int regenerations;

  @Option(names = "--fallback", paramLabel = "TEXT",
      description = "Said if no attempt is good enough. Default: the best.")
  private @Nullable String fallback;

  @Option(names = "--temperature", paramLabel = "T", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "256",
      description = "Default: ${DEFAULT-VALUE}.")
  private int maxNewTokens;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "17", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardGatewayCommand() {}

  @Override
  public Integer call() {
    if (regenerations < 0) {
      throw InputException.key("--regenerations", "is " + regenerations + ", must be at least 0");
    }
    if (regenerations > 0 && temperature <= 0) {
      throw InputException.key("--temperature", "is " + temperature
          + ", must be above 0: every further attempt would say the same");
    }
    List<PromptRow> prompts = PromptReader.read(input).rows();
    List<RewardSpec> specs = rewards.load();
    var settings = new GenerationSettings("generator", temperature, maxNewTokens, seed);
    Map<String, Integer> outcomes = new TreeMap<>();
    try (Rewards opened = Rewards.open(specs); TextGenerator writer = TextGenerator.open(generator, settings);
        JsonLines lines = JsonLines.open(log)) {
      var gateway =
          new VerifierGateway(writer, opened, new VerifierGateway.Rule(threshold, regenerations, fallback), lines);
      prompts.forEach(row -> outcomes.merge(gateway.answer(row.messages()).outcome(), 1, Integer::sum));
    }
    PrintWriter out = spec.commandLine().getOut();
    outcomes.forEach((outcome, count) -> out.println(outcome + ": " + count + " of " + prompts.size()));
    out.println("decisions: " + log);
    out.flush();
    return 0;
  }
}
