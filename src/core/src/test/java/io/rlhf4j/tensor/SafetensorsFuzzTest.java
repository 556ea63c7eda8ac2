package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand damaged files: each is read or refused with one line that names the file; none harms the process. */
class SafetensorsFuzzTest {

  private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\"},"
      + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
      + "\"b.weight\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]},"
      + "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[32,40]}}";
  /** What readers of numbers, names and nesting stumble over. */
  private static final List<String> NASTY = List.of("-1", "9223372036854775807", "18446744073709551616", "1e400", "NaN",
      "null", "{}", "[", "]]]]", "\"", "\\u0000", "\\ud800", "[[[[[[[[", "\"a\":", "F64", "F8_E4M3", "4294967297",
      "2147483648,2147483648", "0.5", "\n\r\t", "é");

  @TempDir
  private Path directory;

  @Test
  void aThousandDamagedFilesAreReadOrRefused() throws IOException {
    Random random = new Random(17);
    Path file = directory.resolve("model.safetensors");
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      Files.write(file, mutated(random));
      try (ModelWeights weights = ModelWeights.open(file); MemoryScope scope = MemoryScope.open()) {
        weights.names().forEach(weights::readFinite);
      } catch (InputException e) {
        refused++;
        assertThat(e.getMessage()).startsWith(file + ": ").doesNotContain("\n", "\r");
      }
    }
    assertThat(refused).isBetween(500, 999);
  }

  private static byte[] mutated(Random random) {
    byte[] header = HEADER.getBytes(StandardCharsets.UTF_8);
    int changes = random.nextInt(3);
    for (int c = 0; c < changes; c++) {
      header = changed(header, random);
    }
    byte[] data = new byte[40];
    if (random.nextInt(3) == 0) {
      random.nextBytes(data);
    }
    long length = random.nextInt(8) == 0 ? random.nextLong() >> random.nextInt(64) : header.length;
    byte[] whole = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(length)
        .put(header).put(data).array();
    return random.nextInt(6) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length + 20)) : whole;
  }

  private static byte[] changed(byte[] header, Random random) {
    int at = random.nextInt(header.length);
    int until = Math.min(header.length, at + random.nextInt(6));
    byte[] middle = switch (random.nextInt(4)) {
      case 0 -> new byte[0];
      case 1 -> new byte[] {(byte) random.nextInt()};
      case 2 -> NASTY.get(random.nextInt(NASTY.size())).getBytes(StandardCharsets.UTF_8);
      default -> Arrays.copyOfRange(header, random.nextInt(at + 1), at);
    };
    return ByteBuffer.allocate(at + middle.length + header.length - until).put(header, 0, at).put(middle)
        .put(header, until, header.length - until).array();
  }
}
