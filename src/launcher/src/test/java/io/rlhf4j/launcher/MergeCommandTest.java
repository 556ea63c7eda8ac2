package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rlhf merge} writes what training with adapters writes beside them. */
class MergeCommandTest {

  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, List.of("all-linear"), false);

  @TempDir
  private Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void adaptersAndTheirModelBecomeTheMergedModel(boolean scores) throws IOException {
    Path base = scores ? TinyDirectories.scalar(directory.resolve("base"), 3)
        : TinyDirectories.causal(directory.resolve("base"), 3);
    Path trained = Files.createDirectories(directory.resolve("trained"));
    try (LanguageModel model = scores ? ScalarModel.load(base) : CausalModel.load(base)) {
      model.addAdapters(LORA, 17);
      change(model);
      model.save(trained);
    }
    byte[] expected = Files.readAllBytes(trained.resolve("model.safetensors"));
    assertThat(expected).isNotEqualTo(Files.readAllBytes(base.resolve("model.safetensors")));

    Path out = directory.resolve("whole");
    TinyRun.Result result = TinyRun.execute(
        List.of("merge", "--model", trained.resolve("adapter").toString(), "--out", out.toString()));

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(Files.readAllBytes(out.resolve("model.safetensors"))).isEqualTo(expected);
    assertThat(out.resolve("adapter")).doesNotExist();
    assertThat(out.resolve("tokenizer.json")).hasSameBinaryContentAs(base.resolve("tokenizer.json"));
    ObjectMapper json = new ObjectMapper();
    assertThat(json.readTree(out.resolve("config.json").toFile()))
        .isEqualTo(json.readTree(trained.resolve("config.json").toFile()));
    assertThat(TinyRun.execute(List.of("merge", "--model", trained.resolve("adapter").toString(), "--out",
        out.toString())).out()).contains("is complete already");
  }

  @ParameterizedTest
  @CsvSource({"5", "0GB", "1.5GB", "GB", "-1MB"})
  void sizesOfFilesAreChecked(String size) {
    Path base = TinyDirectories.causal(directory.resolve("base"), 3);
    TinyRun.Result result = TinyRun.execute(List.of("merge", "--model", base.toString(), "--out",
        directory.resolve("out").toString(), "--shard-size=" + size));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("--shard-size: is " + size + ", must be a whole number with MB or GB");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void numbersAreThoseThatAreAskedFor() throws IOException {
    Path base = TinyDirectories.causal(directory.resolve("base"), 3);
    Path half = directory.resolve("half");
    Path again = directory.resolve("again");
    assertThat(merge(base, half, "bfloat16").code()).isZero();
    // The half-sized one is converted again, exactly, by what its own files say.
    assertThat(merge(half, again, "auto").code()).isZero();
    assertThat(Files.readAllBytes(again.resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(half.resolve("model.safetensors")));
    try (ModelWeights weights = ModelWeights.open(half)) {
      assertThat(weights.names()).allMatch(name -> weights.storedType(name) == StoredType.BF16);
    }
    assertThat(new ObjectMapper().readTree(again.resolve("config.json").toFile()).path("torch_dtype").asText())
        .isEqualTo("bfloat16");
    TinyRun.Result other = merge(base, directory.resolve("out"), "int4");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("--dtype: is int4, must be float32, bfloat16, float16 or auto");
  }

  private static TinyRun.Result merge(Path model, Path out, String dtype) {
    return TinyRun.execute(List.of("merge", "--model", model.toString(), "--out", out.toString(), "--dtype", dtype));
  }

  /** Fresh adapters add nothing. */
  private static void change(LanguageModel model) {
    try (MemoryScope scope = MemoryScope.open()) {
      model.trainedWeights().forEach((name, weight) -> {
        if (name.contains("lora_B")) {
          float[] values = new float[(int) weight.count()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (i % 7 - 3) * 0.05f;
          }
          Kernels.run("copy_", weight, Tensor.of(values, weight.shape()));
        }
      });
    }
  }
}
