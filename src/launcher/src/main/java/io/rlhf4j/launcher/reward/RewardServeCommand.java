package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.reward.kind.RewardFiles;
import io.rlhf4j.reward.serve.PromptTexts;
import io.rlhf4j.reward.serve.RewardServer;
import io.rlhf4j.reward.serve.ServeOptions;
import io.rlhf4j.tensor.ExitGate;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward serve}: rewards over HTTP and gRPC until the process is told to stop. */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Serves rewards: POST /get_reward as OpenRLHF has it, GET /health, GET /metrics, and gRPC (ScoringService).",
    "Concurrent requests are scored together. SIGTERM and Ctrl-C answer what was accepted, then end."})
public final class RewardServeCommand implements Callable<Integer> {

  @Mixin
  private RewardOptions rewards = new RewardOptions();

  @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1", description = {
      "Address to listen on. Default: ${DEFAULT-VALUE}, this machine only.",
      "There is no encryption and no password: put a proxy in front before others can reach it."})
  private String host = "";

  @Option(names = "--port", paramLabel = "PORT", defaultValue = "5000",
      description = "HTTP; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(names = "--grpc-port", paramLabel = "PORT", defaultValue = "5001",
      description = "gRPC; 0 takes a free one, -1 none. Default: ${DEFAULT-VALUE}.")
  private int grpcPort;

  @Option(names = "--max-batch", paramLabel = "ANSWERS", defaultValue = "64",
      description = "Answers that are scored together. Default: ${DEFAULT-VALUE}.")
  private int maxBatch;

  @Option(names = "--max-wait-ms", paramLabel = "MS", defaultValue = "2",
      description = "How long a batch waits for as many requests as the last one had. Default: ${DEFAULT-VALUE}.")
  private int maxWaitMillis;

  @Option(names = "--max-queue", paramLabel = "ANSWERS", defaultValue = "4096",
      description = "Answers that may wait; more are refused with 503. Default: ${DEFAULT-VALUE}.")
  private int maxQueue;

  @Option(names = "--max-request-bytes", paramLabel = "BYTES", defaultValue = "4194304",
      description = "Longest request; longer ones are refused with 413. Default: ${DEFAULT-VALUE}.")
  private int maxRequestBytes;

  @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "60",
      description = "Longest time until a request is answered. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Option(names = "--prompts", paramLabel = "FORM", defaultValue = "auto", description = {
      "What prompts that come as one text are: plain, rendered (written by a chat template), or auto: rendered if the "
          + "template of --prompts-tokenizer wrote them, plain if they have none of its marks, else refused.",
      "Default: ${DEFAULT-VALUE}."})
  private String prompts = "";

  @Option(names = "--prompts-tokenizer", paramLabel = "DIR",
      description = "Model with whose chat template clients write prompts. Default: the first model of the rewards.")
  private @Nullable Path promptsTokenizer;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardServeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    var options = new ServeOptions(host, port, grpcPort, maxBatch, Duration.ofMillis(maxWaitMillis), maxQueue,
        maxRequestBytes, Duration.ofSeconds(timeoutSeconds));
    List<RewardSpec> specs = rewards.load();
    PromptTexts texts = PromptTexts.of(PromptTexts.form(prompts), tokenizer(specs));
    PrintWriter out = spec.commandLine().getOut();
    RewardServer server = RewardServer.start(rewards.open(specs, out), options, texts);
    var ended = new CountDownLatch(1);
    ExitGate.hold();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      server.close();
      ExitGate.release();
      out.println("every accepted request is answered");
      out.flush();
      ended.countDown();
    }, "drain"));
    out.println("rewards at http://" + host + ":" + server.httpPort() + "/get_reward"
        + (server.grpcPort() < 0 ? "" : ", gRPC at " + host + ":" + server.grpcPort()));
    out.flush();
    ended.await();
    return 0;
  }

  private @Nullable Path tokenizer(List<RewardSpec> specs) {
    return promptsTokenizer != null ? promptsTokenizer
        : RewardFiles.models(specs).stream().findFirst().orElse(null);
  }
}
