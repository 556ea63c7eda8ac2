package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose weights do not fit one file of the allowed size. */
class ShardedModelTest {

  private static final LlamaConfig SHAPE = new LlamaConfig(50, 16, 24, 2, 4, 2, 4, 1e-5, 10_000, 64, false);
  /** The two matrices of the vocabulary have 3,200 bytes each, those of a layer 1,536 or less. */
  private static final SaveFormat FORMAT = new SaveFormat(3000, LoraOutput.BOTH);

  @TempDir
  private Path folder;

  @Test
  void readsBackEqualWithTheIndexOfTransformers() throws IOException {
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 3)) {
      model.save(folder, FORMAT);
      JsonNode index = new ObjectMapper().readTree(folder.resolve("model.safetensors.index.json").toFile());
      long bytes = model.weights().values().stream().mapToLong(Tensor::count).sum() * Float.BYTES;
      assertThat(index.at("/metadata/total_size").asLong()).isEqualTo(bytes);
      assertThat(index.get("weight_map")).hasSize(model.weights().size());
      List<String> shards = files().stream().filter(name -> name.endsWith(".safetensors")).toList();
      assertThat(shards).hasSizeGreaterThan(3).allMatch(name -> name.matches(
          "model-\\d{5}-of-%05d\\.safetensors".formatted(shards.size())));
      for (String shard : shards) {
        // What a shard's header may take comes on top.
        assertThat(Files.size(folder.resolve(shard))).isLessThan(3200 + 1500);
      }
      assertSame(model);
    }
  }

  @Test
  void anotherSaveLeavesNothingOfTheOneBefore() throws IOException {
    try (CausalModel first = CausalModel.random(SHAPE, 0.1, 3);
        CausalModel second = CausalModel.random(SHAPE, 0.1, 4)) {
      first.save(folder, FORMAT);
      second.save(folder);
      assertThat(files()).containsExactlyInAnyOrder("config.json", "model.safetensors");
      assertSame(second);
      first.save(folder, FORMAT);
      assertThat(files()).doesNotContain("model.safetensors");
      assertSame(first);
    }
  }

  @Test
  void aMissingOrDamagedShardIsNamed() throws IOException {
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 3)) {
      model.save(folder, FORMAT);
    }
    Path shard =
        folder.resolve(files().stream().filter(name -> name.startsWith("model-00002")).findFirst().orElseThrow());
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 4));
    assertThatThrownBy(() -> CausalModel.load(folder)).isInstanceOf(InputException.class)
        .hasMessageContaining(shard.toString());
    Files.delete(shard);
    assertThatThrownBy(() -> CausalModel.load(folder)).isInstanceOf(InputException.class)
        .hasMessageContaining("there is no file '" + shard.getFileName() + "' in this folder");
  }

  private void assertSame(CausalModel model) {
    try (CausalModel again = CausalModel.load(folder); MemoryScope scope = MemoryScope.open()) {
      Map<String, Tensor> weights = again.weights();
      assertThat(weights.keySet()).isEqualTo(model.weights().keySet());
      model.weights().forEach(
          (name, weight) -> assertThat(weights.get(name).toFloats()).as(name).isEqualTo(weight.toFloats()));
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
