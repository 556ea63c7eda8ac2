package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.data.Split;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reward stage as a library: what src/docs/reward.md shows. */
class RewardLibraryTest {

  @TempDir
  private Path directory;

  private Path base = Path.of("");
  private Path file = Path.of("");

  @BeforeEach
  void writeModelAndData() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      rows.add("{\"prompt\": \"question %d\", \"chosen\": \"good reply %d\", \"rejected\": \"bad reply %d\"}"
          .formatted(i, i % 7, i % 5));
    }
    file = Files.write(directory.resolve("pairs.jsonl"), rows);
    base = Files.createDirectories(directory.resolve("base"));
    ByteLevelBpeTrainer.train(rows.stream(), BpeRecipe.chat(300), base);
    try (Tokenizer tokenizer = Tokenizer.load(base);
        CausalModel model = CausalModel.random(
            new LlamaConfig(tokenizer.vocabularySize(), 32, 64, 2, 2, 1, 16, 1e-5, 10_000, 128, true), 0.1, 17)) {
      model.save(base);
    }
  }

  @Test
  void aProgramTrainsARewardModelAndScoresABatch() throws IOException {
    Path trained = Files.createDirectories(directory.resolve("reward"));

    // The example begins here.
    RecipeConfig recipe = RecipeConfig.parse("{data: {max_length: 96, max_prompt_length: 48}, "
        + "reward: {learning_rate: 3.0e-3, batch_size: 16, epochs: 4}}");
    try (Tokenizer tokenizer = Tokenizer.load(base); ScalarModel model = ScalarModel.withNewHead(base, 0.03, 17)) {
      ScoredToken end = ScoredToken.of(null, tokenizer, tokenizer.vocabularySize());
      PreparedPairs pairs = new PairTokenizer(tokenizer, end, recipe.data(), recipe.reward().overLength())
          .prepare(PreferenceReader.read(file, DataFormat.AUTO));
      Split<TokenizedPair> split = Split.of(PreparedPairs.tokens(pairs.pairs()), TokenizedPair::prompt, 0.2, 17);
      RewardEvaluation measured = new RewardTrainer(model, recipe.reward(), 17).train(split.train(), split.test(),
          RewardTrainingListener.NONE);
      RewardCheckpoint.save(model, tokenizer, end, measured, trained);
    }
    float[] scores;
    try (Tokenizer tokenizer = Tokenizer.load(trained);
        RewardModelScorer scorer = RewardModelScorer.load(trained, 16_384, false)) {
      ChatRenderer chat = ChatRenderer.of(tokenizer);
      List<ChatMessage> prompt = List.of(ChatMessage.user("question 7"));
      scores = scorer.score(List.of(chat.sequence(prompt, "good reply 3"), chat.sequence(prompt, "bad reply 3")));
    }
    // The example ends here.

    assertThat(scores[0]).isGreaterThan(scores[1] + 0.5f);
  }
}
