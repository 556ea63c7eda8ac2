package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LengthPolicy;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairTokenizerTest {

  @TempDir
  private Path directory;

  private Tokenizer tokenizer;

  @BeforeEach
  void trainTokenizer() {
    ByteLevelBpeTrainer.train(Stream.of("hello there"), BpeRecipe.chat(260), directory);
    tokenizer = Tokenizer.load(directory);
  }

  @AfterEach
  void closeTokenizer() {
    tokenizer.close();
  }

  @Test
  void sequencesAreWhatTheChatTemplateWritesUpToTheEndOfTheAnswer() {
    PreparedPairs prepared =
        prepare("{max_length: 100, max_prompt_length: 60}", LengthPolicy.DROP, pair(1, "hi", "yes", "no"));

    TokenizedPair pair = prepared.pairs().getFirst().tokens();
    assertThat(tokenizer.decode(pair.chosen().tokens(), false))
        .isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>");
    assertThat(tokenizer.decode(pair.rejected().tokens(), false)).endsWith("assistant\nno<|im_end|>");
    assertThat(pair.chosen().tokens()[pair.chosen().length() - 1]).isEqualTo(tokenizer.eosId());
    assertThat(IntStream.of(pair.chosen().tokens()).filter(id -> id == tokenizer.eosId()).count()).isEqualTo(2);
    assertThat(pair.margin()).isEqualTo(0.25);
  }

  @Test
  void droppedRowsAreCountedByReason() {
    PreparedPairs prepared = prepare("{max_length: 60, max_prompt_length: 40}", LengthPolicy.DROP,
        pair(1, "hi", "yes", "no"), pair(2, "a".repeat(50), "yes", "no"), pair(3, "hi", "y".repeat(50), "no"));

    assertThat(prepared.pairs()).hasSize(1);
    assertThat(prepared.truncated()).isZero();
    assertThat(prepared.skipped().lines())
        .isEqualTo(Map.of(SkipReason.PROMPT_TOO_LONG, List.of(2L), SkipReason.TOO_LONG, List.of(3L)));
  }

  @Test
  void truncatedRowsStayAndAreCounted() {
    PreparedPairs prepared = prepare("{max_length: 60, max_prompt_length: 40}", LengthPolicy.TRUNCATE,
        pair(1, "hi", "yes", "no"), pair(2, "a".repeat(50), "yes", "no"), pair(3, "hi", "y".repeat(80), "no"));

    assertThat(prepared.pairs()).hasSize(3);
    assertThat(prepared.truncated()).isEqualTo(2);
    assertThat(prepared.pairs())
        .allSatisfy(pair -> assertThat(pair.tokens().chosen().length()).isLessThanOrEqualTo(60));
  }

  @Test
  void nothingLeftIsRefused() {
    assertThatThrownBy(() -> prepare("{max_length: 60, max_prompt_length: 40}", LengthPolicy.DROP,
        pair(8, "a".repeat(50), "yes", "no"))).isInstanceOf(InputException.class)
        .hasMessage(
            "pairs.jsonl: skipped 1 of 1 rows: 1 prompt longer than data.max_prompt_length (line 8); none is left");
  }

  private PreparedPairs prepare(String limits, LengthPolicy policy, PreferencePair... rows) {
    DataConfig data = RecipeConfig.parse("data: " + limits).data();
    SkippedRows none = new SkippedRows(Path.of("pairs.jsonl"), rows.length, Map.of());
    return new PairTokenizer(tokenizer, new ScoredToken.EndOfSequence(tokenizer.eosId()), data, policy)
        .prepare(new DataSet<>(List.of(rows), none));
  }

  private static PreferencePair pair(long line, String prompt, String chosen, String rejected) {
    return new PreferencePair(List.of(ChatMessage.user(prompt)), chosen, rejected, 0.25, line);
  }
}
