package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsRefusalTest {

  @TempDir
  Path folder;

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|4|tensor a.data_offsets: [0, 8] ends after the data of 4 bytes
      {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}|8|data: the tensors end at 4 of 8 bytes
      {'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'b':{'dtype':'F32','shape':[1],'data_offsets':[2,6]}}|6|tensor b.data_offsets: [2, 6] overlaps
      {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}|8|tensor a.data_offsets: [4, 8] leaves a hole of 4 bytes
      {'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}|8|tensor a.data_offsets: expected [begin, end]
      {'a':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}|8|tensor a.data_offsets: expected a list of integers
      {'a':{'dtype':'F8_E4M3','shape':[1],'data_offsets':[0,1]}}|1|tensor a.dtype: 'F8_E4M3' is not one of [F64, F32
      {'a':{'shape':[1],'data_offsets':[0,1]}}|1|tensor a.dtype: '' is not one of
      {'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}|8|tensor a.shape: [3] of F32 takes 12 bytes, data_offsets give 8
      {'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}}|8|tensor a.shape: [4294967296, 4294967296] is too large
      {'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}}|4|tensor a.shape: expected a list of integers
      {'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[],'data_offsets':[4,8]}}|8|Duplicate field 'a'
      {'__metadata__':{'format':1}}|0|__metadata__.format: expected a string
      {'a':{'dtype':'F32'|0|header: Unexpected end-of-input
      []|0|header: expected a JSON object
      """)
  void brokenHeadersAreRefused(String header, int dataBytes, String message) throws IOException {
    Path file = write("bad.safetensors", header.replace('\'', '"'), dataBytes);
    assertRefused(file, message);
  }

  @Test
  void aFileShorterThanItsHeaderLengthIsRefused() throws IOException {
    assertRefused(Files.write(folder.resolve("short"), new byte[5]), "header length: the file has 5 bytes");
    byte[] claims = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(4000).array();
    assertRefused(Files.write(folder.resolve("claims"), claims), "header length: 4000 bytes do not fit a file of 20");
    byte[] huge = ByteBuffer.allocate(20).putLong(-1).array();
    assertRefused(Files.write(folder.resolve("huge"), huge), "header length: 18446744073709551615 bytes do not fit");
  }

  @Test
  void aMissingFileOrNameIsNamed() throws IOException {
    assertRefused(folder.resolve("none.safetensors"), "there is no such file");
    Path file = write("one.safetensors", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThatThrownBy(() -> reader.read("b")).isInstanceOf(InputException.class)
          .hasMessage(file + ": tensor b: not in this file");
    }
  }

  @Test
  void aWrongShapeAndValuesThatAreNotFiniteAreRefusedWithoutALeak() {
    Path file = folder.resolve("nan.safetensors");
    long before = Tensor.liveCount();
    try (MemoryScope scope = MemoryScope.open()) {
      SafetensorsWriter.write(file, Map.of("w", Tensor.of(new float[] {1, Float.NaN}, 2)), StoredType.BF16, Map.of());
      try (SafetensorsReader reader = SafetensorsReader.open(file)) {
        Tensor other = Tensor.zeros(3);
        assertThatThrownBy(() -> reader.readInto("w", other)).isInstanceOf(InputException.class)
            .hasMessageEndingWith("tensor w.shape: [2], expected [3]");
        long open = Tensor.liveCount();
        assertThatThrownBy(() -> reader.readFinite("w")).isInstanceOf(InputException.class)
            .hasMessageEndingWith("tensor w: holds NaN or infinite values");
        assertThat(Tensor.liveCount()).isEqualTo(open);
        assertThat(reader.read("w").toFloats()).containsExactly(1, Float.NaN);
      }
    }
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }

  private void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> SafetensorsReader.open(file)).isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": ").hasMessageContaining(message).message().doesNotContain("\n");
  }

  private Path write(String name, String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    return Files.write(folder.resolve(name), file.putLong(json.length).put(json).array());
  }
}
