package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {

  @TempDir
  Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void helpAndVersionAreResults() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("Usage: rlhf", "quickstart-data", "--debug");
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).contains("rlhf4j ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void recipeIsPrintedWithItsOverrides() throws IOException {
    Path file = Files.writeString(directory.resolve("tiny.yaml"), "seed: 4");

    assertThat(run("config", file.toString(), "-o", "ppo.epochs=9")).isZero();
    assertThat(out.toString()).startsWith("# sha256 ").contains("name: tiny\nseed: 4\n", "  epochs: 9\n");
  }

  @Test
  void wrongInputIsOneLineAndCodeTwo() {
    Path missing = directory.resolve("no.yaml");

    assertThat(run("config", missing.toString())).isEqualTo(2);
    assertThat(err).hasToString("rlhf: " + missing + ": does not exist" + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void wrongArgumentsAreOneLineAndCodeTwo() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("trane")).isEqualTo(2);
    assertThat(run("config")).isEqualTo(2);
    assertThat(run("config", "a.yaml", "--overide=3")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(4)
        .allMatch(line -> line.startsWith("rlhf: ") && line.endsWith("--help"));
  }

  @Test
  void wrongInputIsFoundBelowOtherExceptions() {
    failWith(new CompletionException(new IllegalStateException(new InputException("a.yaml:3: is bad"))));

    assertThat(run("fail")).isEqualTo(2);
    assertThat(err).hasToString("rlhf: a.yaml:3: is bad" + System.lineSeparator());
  }

  @Test
  void portInUseIsWrongInput() {
    failWith(new UncheckedIOException("Failed to bind to address /127.0.0.1:8080",
        new IOException("bind(..) failed", new BindException("Address already in use"))));

    assertThat(run("fail")).isEqualTo(2);
    assertThat(err).hasToString(
        "rlhf: port is in use: Failed to bind to address /127.0.0.1:8080" + System.lineSeparator());
  }

  @Test
  void unexpectedFailureHidesItsStackTraceUnlessAskedFor() {
    failWith(new IllegalStateException("two\nlines"));

    assertThat(run("fail")).isEqualTo(1);
    assertThat(err).hasToString("rlhf: unexpected java.lang.IllegalStateException: two lines "
        + "(run again with --debug for the stack trace)" + System.lineSeparator());

    assertThat(run("fail", "--debug")).isEqualTo(1);
    assertThat(err.toString()).contains("\tat io.rlhf4j.launcher.MainTest");
  }

  @Test
  void logOfARunGoesToItsFile() {
    Path file = directory.resolve("run.log");
    RunLog.start(false);
    try (RunLog log = RunLog.to(file)) {
      assertThat(log).isNotNull();
      LoggerFactory.getLogger("io.rlhf4j.Test").info("first");
    }
    LoggerFactory.getLogger("io.rlhf4j.Test").info("second");

    assertThat(file).content().contains("first").doesNotContain("second");
  }

  private RuntimeException failure = new IllegalStateException();

  private void failWith(RuntimeException failure) {
    this.failure = failure;
  }

  private int run(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.addSubcommand(new FailCommand());
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }

  @Command(name = "fail")
  private final class FailCommand implements Runnable {

    @Override
    public void run() {
      throw failure;
    }
  }
}
