package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nanos;

  @Test
  void linesNowAndThenWhereNothingCanBeDrawnOver() {
    try (Progress progress = start(false)) {
      for (int step = 1; step <= 4; step++) {
        nanos += Duration.ofSeconds(6).toNanos();
        progress.advance("loss " + step);
      }
    }

    assertThat(shown()).containsExactly("sft [------------------------]  0/4",
        "sft [############------------]  2/4  6.0 s each  0:12 left  loss 2",
        "sft [########################]  4/4  6.0 s each  0:00 left  loss 4",
        "sft: 4 of 4 in 0:24, 6.0 s each  loss 4");
  }

  @Test
  void oneLineIsDrawnOverOnATerminal() {
    try (Progress progress = start(true)) {
      nanos += Duration.ofMillis(50).toNanos();
      progress.advance("not shown, too soon");
      nanos += Duration.ofMillis(450).toNanos();
      progress.advance(2, "a");
    }

    String first = "\rsft [------------------------]  0/4";
    String second = "\rsft [##################------]  3/4  6.0/s  0:00 left  a";
    String last = "\rsft: 3 of 4 in 0:01, 6.0/s  a";
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo(first + second + last + " ".repeat(second.length() - last.length()) + System.lineSeparator());
  }

  @Test
  void emptyStageEnds() {
    new Progress("sft", 0, terminal(false), () -> nanos).close();

    assertThat(shown()).containsExactly("sft [########################]  0/0", "sft: 0 of 0 in 0:00, 0.0/s");
  }

  private Progress start(boolean interactive) {
    return new Progress("sft", 4, terminal(interactive), () -> nanos);
  }

  private Terminal terminal(boolean interactive) {
    return new Terminal(new PrintStream(bytes, true, StandardCharsets.UTF_8), interactive);
  }

  private String[] shown() {
    return bytes.toString(StandardCharsets.UTF_8).split("\\R");
  }
}
