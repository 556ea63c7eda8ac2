package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/safetensors");
  private static final float[] VALUES = {0f, -0f, 1f, -2.5f, 1.00390625f, 1.01171875f, 3.14159274f, -1e-8f, 6.1e-5f,
      65504f, 65520f, 1e30f, -3e38f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.333333343f};

  @TempDir
  Path folder;

  private MemoryScope scope;

  @BeforeEach
  void openScope() {
    scope = MemoryScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void fp32WrittenByPythonIsReadExactly() {
    try (SafetensorsReader reader = SafetensorsReader.open(GOLDEN.resolve("f32.safetensors"))) {
      assertThat(reader.names()).containsExactly("layer.grid", "layer.scalar", "layer.values");
      assertThat(reader.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(reader.storedType("layer.grid")).isEqualTo(StoredType.F32);
      assertThat(reader.shape("layer.grid")).containsExactly(2, 3);
      assertThat(reader.read("layer.grid").shape()).containsExactly(2, 3);
      assertThat(reader.read("layer.values").toFloats()).isEqualTo(VALUES);
      assertThat(reader.read("layer.scalar").shape()).isEmpty();
      assertThat(reader.read("layer.scalar").item()).isEqualTo(1.5);
    }
  }

  @Test
  void bf16WrittenByPythonIsWidenedExactly() {
    try (SafetensorsReader reader = SafetensorsReader.open(GOLDEN.resolve("bf16.safetensors"))) {
      Tensor read = reader.read("layer.values");
      assertThat(read.type()).isEqualTo(ElementType.FLOAT32);
      // 1.00390625 and 1.01171875 lie half-way between neighbours and go to the even one.
      assertThat(read.toFloats()).startsWith(0f, -0f, 1f, -2.5f, 1f, 1.015625f, 3.140625f).endsWith(0.33398438f);
      assertThat(read.toFloats()[9]).isEqualTo(65536f);
      assertThat(read.toFloats()[13]).isEqualTo(Float.POSITIVE_INFINITY);
    }
  }

  @Test
  void f16WrittenByPythonIsWidenedExactly() {
    try (SafetensorsReader reader = SafetensorsReader.open(GOLDEN.resolve("f16.safetensors"))) {
      assertThat(reader.read("layer.values").toFloats())
          .startsWith(0f, -0f, 1f, -2.5f, 1.00390625f, 1.01171875f, 3.140625f)
          .endsWith(65504f, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
              Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.33325195f);
    }
  }

  @Test
  void integersBecomeInt64AndDoublesFp32() {
    try (SafetensorsReader reader = SafetensorsReader.open(GOLDEN.resolve("mixed.safetensors"))) {
      assertThat(reader.read("i64").toLongs()).containsExactly(-128L << 40, -1L << 40, 0, 127L << 40);
      assertThat(reader.read("i32").toLongs()).containsExactly(-128 << 20, -1 << 20, 0, 127 << 20);
      assertThat(reader.read("i16").toLongs()).containsExactly(-12800, -100, 0, 12700);
      assertThat(reader.read("i8").toLongs()).containsExactly(-128, -1, 0, 127);
      assertThat(reader.read("u8").toLongs()).containsExactly(0, 200, 255);
      assertThat(reader.read("bool").toLongs()).containsExactly(1, 0);
      assertThat(reader.read("f64").toFloats()).containsExactly(1.5f, -1f / 3);
      assertThat(reader.read("empty").shape()).containsExactly(0, 3);
      assertThat(reader.metadata()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void ourFilesEqualPythonsByteForByte(StoredType type) throws IOException {
    Tensor grid = Tensor.of(new float[] {-0.25f, -0.15f, -0.05f, 0.05f, 0.15f, 0.25f}, 2, 3);
    try (SafetensorsReader golden = SafetensorsReader.open(GOLDEN.resolve("f32.safetensors"))) {
      golden.readInto("layer.grid", grid);
    }
    Path file = folder.resolve("new/model.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("layer.grid", grid);
    tensors.put("layer.scalar", Tensor.of(new float[] {1.5f}));
    tensors.put("layer.values", Tensor.of(VALUES, 16));
    SafetensorsWriter.write(file, tensors, type, Map.of("format", "pt"));

    String golden = type.name().toLowerCase(Locale.ROOT) + ".safetensors";
    assertThat(file).hasSameBinaryContentAs(GOLDEN.resolve(golden));
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void longTensorsPassThroughTheStagingBufferInSeveralPieces() {
    float[] values = new float[1_500_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 512) - 256;
    }
    Path file = folder.resolve("long.safetensors");
    SafetensorsWriter.write(file, Map.of("x", Tensor.of(values, values.length)), StoredType.BF16, Map.of());
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.read("x").toFloats()).isEqualTo(values);
    }
  }

  @Test
  void int64TensorsStayExactBesideRoundedFloats() {
    Path file = folder.resolve("steps.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", Tensor.of(new float[] {1, 2, 3}, 3));
    tensors.put("step", Tensor.of(new long[] {Long.MAX_VALUE}, 1));
    SafetensorsWriter.write(file, tensors, StoredType.BF16, Map.of());
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertThat(reader.names()).containsExactly("step", "weight");
      assertThat(reader.read("step").toLongs()).containsExactly(Long.MAX_VALUE);
      assertThat(reader.read("weight").toFloats()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNoPartialOne() throws IOException {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(file, Map.of("x", Tensor.scalar(1)), StoredType.F32, Map.of());
    byte[] before = Files.readAllBytes(file);
    Tensor closed = Tensor.of(new float[] {2});
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a", Tensor.scalar(3));
    tensors.put("b", closed);
    closed.close();

    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors, StoredType.F32, Map.of()))
        .isInstanceOf(IllegalStateException.class);

    assertThat(file).hasBinaryContent(before);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aTensorBeyondOneBufferIsVisitedInParts() {
    Tensor tensor = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 2, 5);
    List<String> parts = new java.util.ArrayList<>();
    TensorMemory.forEachPart(tensor, 16, (memory, first) -> {
      parts.add(first + ":" + memory.remaining());
      memory.asFloatBuffer().put(0, -first);
    });
    assertThat(parts).containsExactly("0:16", "4:16", "8:8");
    assertThat(tensor.toFloats()).containsExactly(0, 2, 3, 4, -4, 6, 7, 8, -8, 10);
  }

  @Test
  void roundingToBfloat16GoesToTheNearestAndOnTiesToTheEvenValue() {
    assertThat(StoredType.toBfloat16(1.0f)).isEqualTo((short) 0x3F80);
    assertThat(StoredType.toBfloat16(Float.intBitsToFloat(0x3F808000))).isEqualTo((short) 0x3F80);
    assertThat(StoredType.toBfloat16(Float.intBitsToFloat(0x3F808001))).isEqualTo((short) 0x3F81);
    assertThat(StoredType.toBfloat16(Float.intBitsToFloat(0x3F818000))).isEqualTo((short) 0x3F82);
    assertThat(StoredType.toBfloat16(Float.MAX_VALUE)).isEqualTo((short) 0x7F80);
    assertThat(StoredType.toBfloat16(Float.intBitsToFloat(0x7F800001))).isEqualTo((short) 0x7FC0);
    assertThat(StoredType.toBfloat16(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xFF80);
  }
}
