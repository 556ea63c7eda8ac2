package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoredTokenTest {

  @TempDir
  private Path directory;

  @Test
  void choosesAndChecksTheToken() {
    ByteLevelBpeTrainer.train(Stream.of("aa"), BpeRecipe.chat(260), directory);
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      assertThat(ScoredToken.of(null, tokenizer, 512)).isEqualTo(new ScoredToken.EndOfSequence(2));
      assertThat(ScoredToken.of(1, tokenizer, 512)).isEqualTo(new ScoredToken.RewardToken(1));
      assertThatThrownBy(() -> ScoredToken.of(260, tokenizer, 512)).isInstanceOf(InputException.class)
          .hasMessage("reward.reward_token_id: is 260, must be below 260, the size of the vocabulary");
      assertThatThrownBy(() -> ScoredToken.of(0, tokenizer, 512)).isInstanceOf(InputException.class)
          .hasMessage("reward.reward_token_id: is 0, the padding token, must be a token that padding cannot hide");
      assertThatThrownBy(() -> ScoredToken.of(2, tokenizer, 512)).isInstanceOf(InputException.class)
          .hasMessage("reward.reward_token_id: is 2, a token that ends answers anyway, must be left out or a token "
              + "that occurs nowhere else");
    }
  }
}
