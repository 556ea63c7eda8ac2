package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PairTokens;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.reward.ScoredToken;
import io.rlhf4j.reward.TokenizedPair;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where eos is not what ends a turn (Gemma, Phi-3, InternLM2, Qwen's base), training reads what scoring reads. */
class TrainedAndServedTokensTest {

  private static final int EOS = 0;
  private static final int TURN_END = 2;
  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("hi"));

  @TempDir
  private Path directory;

  private Path model = Path.of("");

  @BeforeEach
  void writeAModelWithAnotherEos() {
    model = TinyDirectories.withAnotherEos(TinyDirectories.scalar(directory.resolve("model"), 5));
  }

  @Test
  void trainingReadsTheTokensThatAreScored() {
    try (Tokenizer tokenizer = Tokenizer.load(model); Rewards served = Rewards.open(RecipeConfig
        .parse("rewards: [{kind: sequence, path: '" + model + "', normalize: false}]").rewards());
        RewardModelScorer scorer = RewardModelScorer.load(model, 1000, false)) {
      assertThat(tokenizer.eosId()).isEqualTo(EOS);
      TokenizedPair trained = prepared(tokenizer, null);

      assertThat(last(trained.chosen())).isEqualTo(TURN_END);
      assertThat(Arrays.stream(trained.chosen().tokens())).doesNotContain(EOS);
      double[] scores = served.score(List.of(new AnswerGroup(PROMPT, List.of("yes", "no"), null))).getFirst();
      float[] read = scorer.score(List.of(trained.chosen(), trained.rejected()));
      assertThat(scores).containsExactly(new double[] {read[0], read[1]}, Offset.offset(1e-5));
    }
  }

  @Test
  void idsThatOtherToolsEndWithEosAreReadAtTheEndOfTheTurn() {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      TokenizedPair trained = prepared(tokenizer,
          new PairTokens(new int[] {10, 11}, new int[] {20, TURN_END, EOS}, new int[] {30, EOS}));

      assertThat(trained.chosen().tokens()).containsExactly(10, 11, 20, TURN_END);
      assertThat(trained.rejected().tokens()).containsExactly(10, 11, 30, TURN_END);
    }
  }

  private static TokenizedPair prepared(Tokenizer tokenizer, @Nullable PairTokens tokens) {
    PreferencePair row = new PreferencePair(PROMPT, "yes", "no", 0, 1, tokens);
    RecipeConfig recipe = RecipeConfig.parse("{}");
    PreparedPairs pairs = new PairTokenizer(tokenizer, ScoredToken.of(null, tokenizer, tokenizer.vocabularySize()),
        recipe.data(), recipe.reward().overLength())
        .prepare(new DataSet<>(List.of(row), new SkippedRows(Path.of("pairs.jsonl"), 1, Map.of())));
    return pairs.pairs().getFirst().tokens();
  }

  private static int last(TokenSequence sequence) {
    return sequence.tokens()[sequence.length() - 1];
  }
}
