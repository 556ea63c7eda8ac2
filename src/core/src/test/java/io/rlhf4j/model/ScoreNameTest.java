package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.tensor.ModelWeights;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A score head under another name, which config.json tells. */
class ScoreNameTest {

  private static final LlamaConfig MODEL = new LlamaConfig(40, 32, 64, 2, 4, 2, 8, 1e-5, 10_000, 32, true);

  @TempDir
  private Path directory;

  @Test
  void itIsWrittenAndReadUnderItsName() {
    float[] head;
    try (ScalarModel model = ScalarModel.withNewHead(CausalModel.random(MODEL, 0.3, 5), 0.5, 5)) {
      model.source().put(ModelDescription.SCORE_NAME, "v_head");
      head = model.weights().get("score.weight").toFloats();
      model.save(directory);
    }
    try (ModelWeights files = ModelWeights.open(directory)) {
      assertThat(files.contains("v_head.weight")).isTrue();
      assertThat(files.contains("score.weight")).isFalse();
    }
    try (ScalarModel read = ScalarModel.load(directory)) {
      assertThat(read.weights().get("score.weight").toFloats()).isEqualTo(head);
    }
  }

  @Test
  void aMissingHeadIsCalledByItsName() {
    try (CausalModel model = CausalModel.random(MODEL, 0.3, 5)) {
      model.source().put(ModelDescription.SCORE_NAME, "v_head");
      model.save(directory);
    }
    assertThatThrownBy(() -> ScalarModel.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("tensor v_head.weight is missing; this model has no score head");
  }
}
