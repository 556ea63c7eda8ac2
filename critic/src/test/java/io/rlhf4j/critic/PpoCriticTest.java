package io.rlhf4j.critic;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.train.TinyRun;
import io.rlhf4j.train.TinyRun.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PpoCriticTest {

  private static final PpoConfig OPTIONS = new Settings(2, 4, 16_384, 1, 1e-2, 0, null).config();

  @TempDir
  private Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCriticThatStopsAndResumesEndsWithTheSameBits(boolean lora) throws IOException {
    Path start = Files.createDirectories(directory.resolve("start"));
    ByteLevelBpeTrainer.train(Stream.of("a small text"), BpeRecipe.chat(280), start);
    try (CausalModel backbone =
        CausalModel.random(new LlamaConfig(280, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true), 0.3, 1)) {
      backbone.save(start);
    }
    List<TokenSequence> sequences = TinyRun.rollouts(8, 1).stream().map(Rollout::sequence).toList();
    Path checkpoint = directory.resolve("checkpoint");
    List<float[]> expected;
    try (PpoCritic critic = PpoCritic.open(start, learning(lora, ScalarModel.withNewHead(start, 0.1, 2)), OPTIONS, 5)) {
      critic.update(0, experience());
      critic.checkpoint(checkpoint);
      critic.update(1, experience());
      expected = critic.values(sequences);
    }
    try (PpoCritic resumed = PpoCritic.open(checkpoint, learning(lora, ScalarModel.load(checkpoint)), OPTIONS, 5)) {
      resumed.update(1, experience());

      assertThat(resumed.values(sequences)).usingRecursiveComparison().isEqualTo(expected);
    }
  }

  private static ScalarModel learning(boolean lora, ScalarModel model) {
    if (lora) {
      model.addAdapters(new LoraConfig(4, 8, 0, List.of(LoraConfig.ALL_LINEAR), false), 3);
    }
    return model;
  }

  private static List<Experience> experience() {
    return TinyRun.rollouts(8, 1).stream().map(rollout -> {
      float[] returns = new float[rollout.response().length];
      Arrays.fill(returns, 1);
      return new Experience(rollout, new float[returns.length], new float[returns.length], new float[returns.length],
          returns);
    }).toList();
  }
}
