package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.data.PairTokens;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pairs in files are those in memory. */
class PairStoreTest {

  @TempDir
  private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"batch_size: 8", "batch_size: 8, group_by_length: true",
      "batch_size: 2, max_packed_length: 60"})
  void batchesAreThoseOfTheSamePairsInMemory(String keys) throws IOException {
    // Prompts repeat.
    List<TokenizedPair> pairs = TinyPairs.random(5000, 3);
    try (PairStore store = stored(pairs)) {
      PairSource files = store.select(RowNumbers.all(pairs.size(), store.rows().space()));
      PairBatches inFiles = new PairBatches(files, TinyPairs.config(keys), 4);
      PairBatches inMemory = new PairBatches(PairSource.of(pairs), TinyPairs.config(keys), 4);

      assertThat(inFiles.totalSteps()).isEqualTo(inMemory.totalSteps());
      for (int epoch = 1; epoch <= 2; epoch++) {
        List<PairBatches.Batch> batches = inFiles.epoch(epoch);
        List<PairBatches.Batch> expected = inMemory.epoch(epoch);
        assertThat(batches).hasSameSizeAs(expected);
        for (int b = 0; b < batches.size(); b++) {
          assertThat(tokens(batches.get(b).pairs())).isEqualTo(tokens(expected.get(b).pairs()));
          assertThat(batches.get(b).parts()).hasSameSizeAs(expected.get(b).parts());
        }
      }
      assertThat(PairFingerprint.of(List.of(files))).isEqualTo(PairFingerprint.of(List.of(PairSource.of(pairs))));
    }
  }

  @Test
  void aSelectionMayRepeatAndReorderPairs() throws IOException {
    List<TokenizedPair> pairs = TinyPairs.random(20, 3);
    try (PairStore store = stored(pairs)) {
      PairSource some = store.select(RowNumbers.of(7, 3, 7));
      assertThat(tokens(some.asList())).isEqualTo(tokens(List.of(pairs.get(7), pairs.get(3), pairs.get(7))));
      assertThat(some.get(1).margin()).isEqualTo(pairs.get(3).margin());
      assertThat(some.tokens(1)).isEqualTo(pairs.get(3).tokens());
      assertThat(some.packedTokens(0)).isEqualTo(pairs.get(7).packedTokens());
      assertThat(some.prompts()).startsWith(0).element(2).isEqualTo(0);
    }
  }

  @Test
  void partsAndQuestionsAreThoseOfTheRows() throws IOException {
    TokenizedPair pair = TinyPairs.random(1, 3).getFirst();
    try (PairStoreWriter writer = new PairStoreWriter(directory)) {
      writer.add(0, row("a", "long answer", "b"), pair);
      writer.add(1, row("b", "x", "y"), pair);
      writer.add(1, row("a", "x", "yy"), pair);
      writer.add(1, row("b", "x", "y"), pair);
      writer.add(2, new PreferencePair(List.of(), "", "", 0, 5,
          new PairTokens(new int[] {4}, new int[] {5, 6}, new int[] {7})), pair);
    }
    try (PairStore store = PairStore.open(directory)) {
      assertThat(store.rows().size()).isEqualTo(5);
      assertThat(store.rows().part(1).rows()).containsExactly(1, 2, 3);
      assertThat(store.rows().part(1).questions()).containsExactly(0, 1, 0);
      assertThat(store.lengths(RowNumbers.of(0, 4))).containsExactly(new PairScores(11, 1), new PairScores(2, 1));
    }
  }

  @Test
  void aShortenedFileIsNoticed() throws IOException {
    try (PairStore store = stored(TinyPairs.random(20, 3))) {
      try (RandomAccessFile file = new RandomAccessFile(directory.resolve("rows.bodies").toFile(), "rw")) {
        file.setLength(file.length() - 1);
      }
      PairSource all = store.select(RowNumbers.all(20, store.rows().space()));
      all.get(18);
      assertThatThrownBy(() -> all.get(19)).isInstanceOf(UncheckedIOException.class);
    }
  }

  private PairStore stored(List<TokenizedPair> pairs) throws IOException {
    try (PairStoreWriter writer = new PairStoreWriter(directory)) {
      pairs.forEach(pair -> writer.add(0, row("q", "a", "b"), pair));
    }
    return PairStore.open(directory);
  }

  private static PreferencePair row(String prompt, String chosen, String rejected) {
    return new PreferencePair(List.of(ChatMessage.user(prompt)), chosen, rejected, 0, 1);
  }

  private static List<List<Integer>> tokens(List<TokenizedPair> pairs) {
    return pairs.stream().map(pair -> IntStream.concat(IntStream.of(pair.chosen().tokens()),
        IntStream.concat(IntStream.of(-pair.chosen().promptLength()), IntStream.of(pair.rejected().tokens())))
        .boxed().toList()).toList();
  }
}
