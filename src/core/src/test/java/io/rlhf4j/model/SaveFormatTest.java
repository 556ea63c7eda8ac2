package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers in which a model is written. */
class SaveFormatTest {

  private static final LlamaConfig SHAPE = new LlamaConfig(50, 16, 24, 2, 4, 2, 4, 1e-5, 10_000, 64, false);
  private static final String NORM = "model.norm.weight";

  @TempDir
  private Path folder;

  /** Of 1 + 3/256, bf16 has the neighbours 1 + 2/128 and 1 + 1/128 as far away; the first is the even one. */
  @ParameterizedTest
  @CsvSource({"BFLOAT16, BF16, bfloat16, 1.015625, 1.0, 2", "FLOAT16, F16, float16, 1.01171875, 1.00390625, 2",
      "FLOAT32, F32, float32, 1.01171875, 1.00390625, 4"})
  void isInTheFilesAndInTheConfiguration(SaveDtype dtype, StoredType stored, String name, float first, float second,
      int bytes) throws IOException {
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 3)) {
      setNorm(model, 1.01171875f, 1.00390625f);
      model.save(folder, new SaveFormat(3000, LoraOutput.BOTH, SaveFormat.floats(dtype, folder)));
      long values = model.weights().values().stream().mapToLong(Tensor::count).sum();
      ObjectMapper json = new ObjectMapper();
      assertThat(json.readTree(folder.resolve("config.json").toFile()).path("torch_dtype").asText()).isEqualTo(name);
      assertThat(json.readTree(folder.resolve("model.safetensors.index.json").toFile()).at("/metadata/total_size")
          .asLong()).isEqualTo(values * bytes);
    }
    try (ModelWeights files = ModelWeights.open(folder); CausalModel read = CausalModel.load(folder)) {
      assertThat(files.names()).allMatch(tensor -> files.storedType(tensor) == stored);
      assertThat(read.weights().get(NORM).toFloats()).startsWith(first, second, 1f);
      assertThat(SaveFormat.floats(SaveDtype.AUTO, folder)).isEqualTo(stored);
      assertThat(SaveFormat.dtype(SaveDtype.AUTO, folder)).isEqualTo(dtype);
      // What was read from these numbers is written in them without another change.
      Path again = folder.resolve("again");
      read.save(again, new SaveFormat(1_000_000, LoraOutput.BOTH, SaveFormat.floats(SaveDtype.AUTO, folder)));
      try (CausalModel same = CausalModel.load(again)) {
        read.weights().forEach((tensor, weight) -> assertThat(same.weights().get(tensor).toFloats()).as(tensor)
            .isEqualTo(weight.toFloats()));
      }
    }
  }

  @Test
  void whatTrainingGoesOnFromStaysExactAndAdaptersFollowTheModel() throws IOException {
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 3)) {
      setNorm(model, 1.01171875f, 1.00390625f);
      model.backbone().saveFormat(new SaveFormat(1_000_000, LoraOutput.BOTH, StoredType.BF16));
      model.addAdapters(new LoraConfig(2, 4, 0, List.of("all-linear"), false), 17);
      model.save(folder.resolve("final"));
      model.saveApart(folder.resolve("checkpoint"));
    }
    assertThat(stored("final/model.safetensors")).containsOnly(StoredType.BF16);
    assertThat(stored("final/adapter/adapter_model.safetensors")).containsOnly(StoredType.BF16);
    assertThat(stored("checkpoint/model.safetensors")).containsOnly(StoredType.F32);
    assertThat(stored("checkpoint/adapter/adapter_model.safetensors")).containsOnly(StoredType.F32);
    try (CausalModel read = CausalModel.load(folder.resolve("checkpoint"))) {
      assertThat(read.weights().get(NORM).toFloats()).startsWith(1.01171875f, 1.00390625f);
    }
  }

  /** Half-way between the last number of fp16 and the one that would follow: rounding makes it infinite. */
  @Test
  void fp16RefusesWhatItCannotHold() throws IOException {
    SaveFormat half = new SaveFormat(1_000_000, LoraOutput.BOTH, StoredType.F16);
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 3)) {
      setNorm(model, 65_519f, -65_504f);
      model.save(folder.resolve("fits"), half);
      setNorm(model, 1f, -65_520f);
      assertThatThrownBy(() -> model.save(folder.resolve("beyond"), half)).isInstanceOf(InputException.class)
          .hasMessage("model.save_dtype: is float16, must be bfloat16 or float32 for this model: " + NORM
              + " has values beyond 65504");
      assertThat(folder.resolve("beyond")).doesNotExist();
    }
    try (CausalModel read = CausalModel.load(folder.resolve("fits"))) {
      assertThat(read.weights().get(NORM).toFloats()).startsWith(65_504f, -65_504f);
    }
  }

  private List<StoredType> stored(String file) throws IOException {
    assertThat(Files.exists(folder.resolve(file))).isTrue();
    try (SafetensorsReader reader = SafetensorsReader.open(folder.resolve(file))) {
      return reader.names().stream().map(reader::storedType).distinct().toList();
    }
  }

  private static void setNorm(CausalModel model, float first, float second) {
    float[] values = new float[16];
    Arrays.fill(values, 1);
    values[0] = first;
    values[1] = second;
    try (MemoryScope ignored = MemoryScope.open()) {
      Kernels.run("copy_", model.weights().get(NORM), Tensor.of(values, 16));
    }
  }
}
