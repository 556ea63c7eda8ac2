package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of {@code rlhf flywheel} begin with: the data and the recipe of {@link TinyRun}, and rounds over them. */
abstract class TinyFlywheelFixture {

  @TempDir
  Path directory;

  TinyRun tiny;
  TinyFlywheel wheel;

  @BeforeEach
  void writeRecipe() throws IOException {
    tiny = TinyRun.in(directory);
    wheel = new TinyFlywheel(tiny, directory);
  }

  /** The command ended with exit code 2 and one line of its own, which has all these parts. */
  static void assertRefused(TinyRun.Result result, String... parts) {
    assertThat(result.code()).as(result.out() + result.err()).isEqualTo(2);
    assertThat(result.err().lines().filter(line -> line.startsWith("rlhf: "))).hasSize(1);
    assertThat(result.err()).contains(parts);
  }
}
