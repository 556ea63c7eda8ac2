package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No timed assertions: whether what is many times the heap arrives, and what is left behind. */
class StreamCommandTest {

  @TempDir
  private Path directory;

  @Test
  @Tag("process")
  void fourTimesTheHeapGoesThereAndBack() throws IOException {
    TinyRun.Result result =
        TinyRun.execute(List.of("bench", "stream", "--size", "160MB", "--heap", "40m", "--rounds", "1",
            "--directory", directory.toString(), "--json"));

    assertThat(result.code()).as(result.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(result.out());
    assertThat(report.get("bytes").asLong()).isEqualTo(160_000_000);
    assertThat(report.get("heap").asText()).isEqualTo("40m");
    assertThat(report.get("ways")).hasSize(4)
        .allSatisfy(way -> assertThat(way.get("bytes_per_second").asDouble()).isPositive());
    assertThat(report.at("/ways/1/share_of_files").asDouble()).isEqualTo(1);
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"--size=2|--size: is 2, must be a whole number with MB or GB, such as 5GB",
      "--size=0GB|--size: is 0GB", "--heap=lots|--heap: is lots, must be a number and m or g, such as 256m",
      "--rounds=0|--rounds: is 0, must be at least 1"})
  void wrongOptionsAreNamed(String option, String message) {
    TinyRun.Result result =
        TinyRun.execute(List.of("bench", "stream", "--directory", directory.resolve("new").toString(), option));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains(message);
    assertThat(Files.exists(directory.resolve("new"))).isFalse();
  }
}
