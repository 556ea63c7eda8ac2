package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelWeightsTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/safetensors");
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir
  Path folder;

  @Test
  void findsTheShardOfEachName() {
    try (ModelWeights weights = ModelWeights.open(GOLDEN.resolve("sharded")); MemoryScope scope = MemoryScope.open()) {
      assertThat(weights.names()).containsExactlyInAnyOrder("a", "b", "c");
      assertThat(weights.shape("b")).containsExactly(2, 3);
      float[] a = weights.read("a").toFloats();
      float[] b = weights.read("b").toFloats();
      assertThat(a[0]).isEqualTo(-0.25f);
      assertThat(b[0]).isEqualTo(0.75f);
      assertThat(weights.read("c").toFloats()).containsExactly(a[0], a[1], a[2]);
    }
  }

  @Test
  void readsAFolderWithOneFileAndAFileItself() throws IOException {
    Path single = Files.copy(GOLDEN.resolve("f16.safetensors"), folder.resolve("model.safetensors"));
    for (Path path : new Path[] {folder, single}) {
      try (ModelWeights weights = ModelWeights.open(path)) {
        assertThat(weights.names()).containsExactly("layer.grid", "layer.scalar", "layer.values");
        assertThat(weights.storedType("layer.grid")).isEqualTo(StoredType.F16);
        assertThatThrownBy(() -> weights.read("lm_head")).isInstanceOf(InputException.class)
            .hasMessage(single + ": tensor lm_head: not among the weights");
      }
    }
  }

  @Test
  void refusesAFolderWithoutWeights() {
    assertRefused(folder + ": has neither model.safetensors nor " + INDEX);
  }

  @Test
  void refusesAnIndexThatDoesNotAgreeWithItsShards() throws IOException {
    Path index = folder.resolve(INDEX);
    Files.writeString(index, "{\"weight_map\": {\"a\": \"" + FIRST + "\"}}");
    assertRefused(index + ": weight_map.a: there is no file '" + FIRST + "' in this folder");

    Files.copy(GOLDEN.resolve("sharded").resolve(FIRST), folder.resolve(FIRST));
    Files.writeString(index, "{\"weight_map\": {\"z\": \"" + FIRST + "\"}}");
    assertRefused(index + ": weight_map.z: " + FIRST + " has no tensor of this name");

    Files.writeString(index, "{\"weight_map\": {\"a\": \"../" + folder.getFileName() + "/" + FIRST + "\"}}");
    assertRefused(index + ": weight_map.a: there is no file '../" + folder.getFileName() + "/" + FIRST
        + "' in this folder");

    Files.writeString(index, "{}");
    assertRefused(index + ": weight_map: expected an object from tensor names to file names");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> ModelWeights.open(folder)).isInstanceOf(InputException.class).hasMessage(message);
  }
}
