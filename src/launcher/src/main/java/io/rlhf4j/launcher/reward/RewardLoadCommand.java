package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.data.CandidateReader;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.serve.load.HttpTarget;
import io.rlhf4j.reward.serve.load.LoadReport;
import io.rlhf4j.reward.serve.load.LoadTarget;
import io.rlhf4j.reward.serve.load.LoadTest;
import io.rlhf4j.reward.serve.rpc.GrpcTarget;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward load}: measures a running reward server. */
@Command(name = "load", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Measures a running reward server: many clients at once against one after the other, the times of answers at half "
        + "load, and whether any answer is wrong or lost while other clients cancel, time out or disconnect.",
    "Exits with 1 if one is."})
public final class RewardLoadCommand implements Callable<Integer> {

  @Option(names = "--url", paramLabel = "URL", description = "For example http://127.0.0.1:5000/get_reward.")
  private @Nullable URI url;

  @Option(names = "--grpc", paramLabel = "HOST:PORT", description = "In place of --url.")
  private @Nullable String grpc;

  @Option(names = "--input", required = true, paramLabel = "FILE",
      description = "Answers, as for rlhf reward score; each is one request.")
  private Path input = Path.of("");

  @Option(names = "--questions", paramLabel = "N", defaultValue = "512",
      description = "How many of the answers to use. Default: ${DEFAULT-VALUE}.")
  private int questions;

  @Option(names = "--clients", paramLabel = "N", defaultValue = "64", description = "Default: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(names = "--seconds", paramLabel = "S", defaultValue = "5",
      description = "Of each phase. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(names = "--rounds", paramLabel = "N", defaultValue = "3",
      description = "Of one client and many, in turn. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--leaving", paramLabel = "SHARE", defaultValue = "0.25",
      description = "Requests that are abandoned in the last phase; 0 leaves it out. Default: ${DEFAULT-VALUE}.")
  private double leaving;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean asJson;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public RewardLoadCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    if (questions < 1) {
      throw InputException.key("--questions", "is " + questions + ", must be at least 1");
    }
    var test = new LoadTest(clients, seconds, rounds, leaving);
    LoadReport report;
    try (LoadTarget target = target()) {
      report = test.run(target, read());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(asJson ? report.toJson() : report.toText());
    out.flush();
    return report.failures() == 0 ? 0 : 1;
  }

  private LoadTarget target() {
    if ((url == null) == (grpc == null)) {
      throw new InputException("give either --url or --grpc");
    }
    if (url != null) {
      if (!"http".equals(url.getScheme()) || url.getHost() == null || url.getPort() < 1) {
        throw InputException.key("--url", "is " + url + ", must be http://HOST:PORT/get_reward");
      }
      return new HttpTarget(url);
    }
    if (!grpc.matches("[^:/]+:\\d{1,5}")) {
      throw InputException.key("--grpc", "is " + grpc + ", must be HOST:PORT");
    }
    String[] parts = grpc.split(":");
    return new GrpcTarget(parts[0], Integer.parseInt(parts[1]));
  }

  private List<Answer> read() {
    List<Answer> answers = new ArrayList<>();
    SkippedRows skipped = CandidateReader.read(input, row -> {
      for (int i = 0; i < row.answers().size() && answers.size() < questions; i++) {
        answers.add(new Answer(row.prompt(), row.answers().get(i), row.label()));
      }
    });
    if (answers.isEmpty()) {
      throw InputException.in(input, "has no answers" + skipped.summary().map(summary -> "; " + summary).orElse(""));
    }
    return answers;
  }
}
