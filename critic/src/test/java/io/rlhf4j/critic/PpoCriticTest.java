package io.rlhf4j.critic;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.TinyRun;
import io.rlhf4j.train.TinyRun.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PpoCriticTest {

  @TempDir
  private Path directory;

  @Test
  void aCriticThatStopsAndResumesEndsWithTheSameBits() throws IOException {
    Path start = Files.createDirectories(directory.resolve("start"));
    ByteLevelBpeTrainer.train(Stream.of("a small text"), BpeRecipe.chat(280), start);
    try (CausalModel backbone =
        CausalModel.random(new LlamaConfig(280, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true), 0.3, 1)) {
      backbone.save(start);
    }
    List<TokenSequence> sequences = TinyRun.rollouts(8, 1).stream().map(Rollout::sequence).toList();
    Path checkpoint = directory.resolve("checkpoint");
    List<float[]> expected;
    try (PpoCritic critic = critic(start, ScalarModel.withNewHead(start, 0.1, 2))) {
      critic.update(0, experience());
      critic.save(checkpoint);
      critic.saveOptimizer(checkpoint.resolve("optimizer.safetensors"));
      critic.update(1, experience());
      expected = critic.values(sequences);
    }
    try (PpoCritic resumed = critic(checkpoint, ScalarModel.load(checkpoint))) {
      resumed.restoreOptimizer(checkpoint.resolve("optimizer.safetensors"));
      resumed.update(1, experience());

      assertThat(resumed.values(sequences)).usingRecursiveComparison().isEqualTo(expected);
    }
  }

  private static PpoCritic critic(Path tokenizer, ScalarModel model) {
    return new PpoCritic(model, Tokenizer.load(tokenizer), new Settings(2, 4, 16_384, 1, 1e-2, 0, null).config(), 5);
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
