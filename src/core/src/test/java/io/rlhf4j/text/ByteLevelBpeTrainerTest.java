package io.rlhf4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteLevelBpeTrainerTest {

  private static final Path GOLDEN = Path.of("src/test/resources/io/rlhf4j/text/bpe");

  @TempDir
  Path directory;

  @Test
  void writesTheTokenizerThatHuggingFaceTrainsOnTheSameTexts() throws IOException {
    ByteLevelBpeTrainer.train(lines().stream(), BpeRecipe.chat(420), directory);

    JsonMapper json = new JsonMapper();
    assertThat(json.readTree(directory.resolve("tokenizer.json").toFile()))
        .isEqualTo(json.readTree(GOLDEN.resolve("tokenizer.json").toFile()));
  }

  @Test
  void doesNotDependOnTheOrderOfTheTexts() throws IOException {
    List<String> shuffled = new ArrayList<>(lines());
    Collections.shuffle(shuffled, new Random(5));
    ByteLevelBpeTrainer.train(lines().stream(), BpeRecipe.chat(420), directory.resolve("a"));
    ByteLevelBpeTrainer.train(shuffled.stream(), BpeRecipe.chat(420), directory.resolve("b"));

    assertThat(directory.resolve("a/tokenizer.json")).hasSameTextualContentAs(directory.resolve("b/tokenizer.json"));
  }

  @Test
  void mergesTheMostFrequentPairFirstAndBreaksTiesByIds() {
    // "ab" occurs 3 times, "bc" and "cd" twice each; after "ab" the pairs (ab, c) and (c, d) tie at 2.
    BpeMerges merges = new BpeMerges(List.of("a", "b", "c", "d"), 100);
    merges.learn(Map.of("abcd", 2L, "ab", 1L));

    assertThat(merges.merges()).containsExactly(List.of("a", "b"), List.of("c", "d"), List.of("ab", "cd"));
    assertThat(merges.idOfSymbol()).containsEntry("ab", 4).containsEntry("cd", 5).containsEntry("abcd", 6);
  }

  @Test
  void stopsWhereASmallCorpusHasNothingLeftToMerge() {
    ByteLevelBpeTrainer.train(Stream.of("ab ab"), BpeRecipe.chat(1000), directory);

    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      // 3 special tokens, 256 bytes, "ab" and " ab".
      assertThat(tokenizer.vocabularySize()).isEqualTo(3 + 256 + 2);
      assertThat(tokenizer.encode("ab ab")).containsExactly(259, 260);
    }
  }

  @Test
  void refusesAVocabularyThatCannotHoldAllBytes() {
    assertThatThrownBy(() -> BpeRecipe.chat(258)).isInstanceOf(InputException.class).hasMessage(
        "tokenizer.vocab_size: 258 is too small; byte-level BPE needs at least 259 (256 bytes and 3 special tokens)");
    assertThat(BpeRecipe.chat(259).vocabularySize()).isEqualTo(259);
  }

  @Test
  void refusesAnEosTokenThatIsNotSpecial() {
    assertThatThrownBy(() -> new BpeRecipe(300, List.of("<pad>"), "</s>", "<pad>", null, null))
        .isInstanceOf(InputException.class).hasMessageContaining("tokenizer.eos_token").hasMessageContaining("</s>");
  }

  private static List<String> lines() throws IOException {
    // Line ends belong to the texts, as in Python's splitlines(keepends=True).
    return Arrays.asList(Files.readString(GOLDEN.resolve("corpus.txt")).split("(?<=\n)"));
  }
}
