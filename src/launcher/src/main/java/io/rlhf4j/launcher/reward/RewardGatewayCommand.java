package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.reward.gateway.GatewayServer;
import io.rlhf4j.reward.gateway.VerifierGateway;
import io.rlhf4j.reward.kind.GenerationSettings;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.kind.TextGenerator;
import io.rlhf4j.telemetry.JsonLines;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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

  private static final int SHOWN_PROBLEMS = 3;

  @Mixin
  private RewardOptions rewards = new RewardOptions();

  @Option(names = "--generator", required = true, paramLabel = "DIR|URL",
      description = "Language model, or address of OpenAI-compatible chat completions.")
  private String generator = "";

  @Option(names = "--input", paramLabel = "FILE",
      description = "Prompts: rows with prompt or messages, and label or answer where a reward compares with it.")
  private @Nullable Path input;

  @Option(names = "--port", paramLabel = "PORT",
      description = "In place of --input: answer POST /v1/chat/completions; 0 takes a free port.")
  private @Nullable Integer port;

  @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1", description = {
      "Address to listen on. Default: ${DEFAULT-VALUE}, this machine only.",
      "There is no encryption and no password: put a proxy in front before others can reach it."})
  private String host = "";

  @Option(names = "--max-waiting", paramLabel = "REQUESTS", defaultValue = "64",
      description = "Requests that may wait; more are refused with 503. Default: ${DEFAULT-VALUE}.")
  private int maxWaiting;

  @Option(names = "--max-request-bytes", paramLabel = "BYTES", defaultValue = "1048576",
      description = "Longest request; longer ones are refused with 413. Default: ${DEFAULT-VALUE}.")
  private int maxRequestBytes;

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

  @Option(names = "--generator-timeout", paramLabel = "SECONDS", defaultValue = "180",
      description = "For an address: longest time of one request. Default: ${DEFAULT-VALUE}.")
  private int generatorTimeoutSeconds;

  @Option(names = "--generator-retries", paramLabel = "N", defaultValue = "3",
      description = "For an address: further requests after a failure that may pass. Default: ${DEFAULT-VALUE}.")
  private int generatorRetries;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "17", description = "Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardGatewayCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if ((input == null) == (port == null)) {
      throw new InputException("give either --input or --port");
    }
    require(generatorTimeoutSeconds >= 1, "--generator-timeout", generatorTimeoutSeconds, 1);
    require(generatorRetries >= 0, "--generator-retries", generatorRetries, 0);
    require(regenerations >= 0, "--regenerations", regenerations, 0);
    require(maxNewTokens >= 1, "--max-new-tokens", maxNewTokens, 1);
    if (Double.isNaN(threshold)) {
      throw InputException.key("--threshold", "is NaN, must be a number: no answer could be good enough");
    }
    if (!(temperature >= 0 && Double.isFinite(temperature))) {
      throw InputException.key("--temperature", "is " + temperature + ", must be at least 0");
    }
    if (regenerations > 0 && temperature <= 0) {
      throw InputException.key("--temperature", "is " + temperature
          + ", must be above 0: every further attempt would say the same");
    }
    List<PromptRow> prompts = input == null ? List.of() : prompts(input);
    List<RewardSpec> specs = rewards.load();
    var settings = new GenerationSettings("generator", temperature, maxNewTokens, seed);
    try (Rewards opened = rewards.open(specs, spec.commandLine().getOut());
        TextGenerator writer = TextGenerator.open(generator, settings, Duration.ofSeconds(generatorTimeoutSeconds),
            generatorRetries);
        JsonLines lines = JsonLines.open(log)) {
      var gateway =
          new VerifierGateway(writer, opened, new VerifierGateway.Rule(threshold, regenerations, fallback), lines);
      if (port != null) {
        serve(gateway, new GatewayServer.Options(host, port, maxWaiting, maxRequestBytes));
      } else {
        return answer(gateway, prompts);
      }
    }
    return 0;
  }

  private List<PromptRow> prompts(Path file) {
    DataSet<PromptRow> read = PromptReader.read(file);
    read.skipped().summary().ifPresent(spec.commandLine().getOut()::println);
    return read.rows();
  }

  private static void require(boolean holds, String option, int value, int least) {
    if (!holds) {
      throw InputException.key(option, "is " + value + ", must be at least " + least);
    }
  }

  /** @return exit code, 1 if no prompt has got an answer */
  private int answer(VerifierGateway gateway, List<PromptRow> prompts) {
    Map<String, Integer> outcomes = new TreeMap<>();
    Map<String, Integer> problems = new LinkedHashMap<>();
    for (PromptRow row : prompts) {
      VerifierGateway.Decision decision = gateway.answer(row.messages(), row.label());
      outcomes.merge(decision.outcome(), 1, Integer::sum);
      if (decision.problem() != null) {
        problems.merge(decision.problem(), 1, Integer::sum);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    outcomes.forEach((outcome, count) -> out.println(outcome + ": " + count + " of " + prompts.size()));
    problems.entrySet().stream().limit(SHOWN_PROBLEMS).forEach(problem -> out.println("attempts failed for "
        + problem.getValue() + " of " + prompts.size() + ": " + problem.getKey()));
    out.println("decisions: " + log);
    out.flush();
    return outcomes.getOrDefault("failed", 0) == prompts.size() ? 1 : 0;
  }

  /** Until the process is told to stop; then every accepted request is answered. */
  private void serve(VerifierGateway gateway, GatewayServer.Options options) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    GatewayServer server = GatewayServer.start(gateway, options);
    var ended = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      server.close();
      out.println("every accepted request is answered");
      out.flush();
      ended.countDown();
    }, "drain"));
    out.println("verified answers at http://" + host + ":" + server.port() + "/v1/chat/completions");
    out.flush();
    ended.await();
  }
}
