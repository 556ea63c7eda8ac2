package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.FormatRule;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PpoStageTest {

  @Test
  void theRequiredFormatIsThatOfTheTextBeforeTheStopString(@TempDir Path directory) {
    PpoConfig ppo = RecipeConfig.parse("ppo: {stop: ['</end>'], required_format: '^good$'}").ppo();
    try (Tokenizer tokenizer = Tokenizer.load(TinyDirectories.causal(directory, 5))) {
      FormatRule format = PpoStage.experience(ppo, tokenizer).rewards().format();
      assertThat(format.holds().test(rollout(tokenizer, "good</end>", FinishReason.STOP_STRING))).isTrue();
      assertThat(format.holds().test(rollout(tokenizer, "good<|im_end|>", FinishReason.STOP))).isTrue();
      assertThat(format.holds().test(rollout(tokenizer, "good</en", FinishReason.LENGTH))).isFalse();
    }
  }

  private static Rollout rollout(Tokenizer tokenizer, String text, FinishReason finish) {
    int[] response = tokenizer.encode(text);
    return new Rollout(new RolloutKey(0, 0, 0, 0), new int[] {1}, response, new float[response.length], finish);
  }
}
