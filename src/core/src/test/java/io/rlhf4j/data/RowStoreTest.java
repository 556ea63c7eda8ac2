package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.MaskedTokens;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowStoreTest {

  @TempDir
  private Path directory;

  @Test
  void demonstrationsComeBackAsTheyWere() throws IOException {
    // One row is larger than the writer's buffer.
    List<MaskedTokens> rows = new ArrayList<>(random(5000, 7, 3));
    rows.add(random(1, 40_000, 4).getFirst());
    try (RowStore<MaskedTokens> store = stored(rows)) {
      assertThat(store.size()).isEqualTo(5001);
      List<MaskedTokens> all = store.all();
      assertThat(MaskedTokens.fingerprint(all)).isEqualTo(MaskedTokens.fingerprint(rows));
      assertThat(store.select(RowNumbers.of(5000, 3, 5000)).get(2).tokens()).isEqualTo(rows.get(5000).tokens());
      assertThat(store.entry(17).facts()).containsExactly(rows.get(17).trainedTokens());
    }
  }

  @Test
  void rowsAreFoundByTheirFileAndQuestion() throws IOException {
    long one = RowStoreWriter.hash(List.of(ChatMessage.user("one")));
    long two = RowStoreWriter.hash(List.of(ChatMessage.user("two")));
    assertThat(one).isNotEqualTo(two).isEqualTo(RowStoreWriter.hash(List.of(ChatMessage.user("one"))));
    // Not the same text cut elsewhere.
    assertThat(RowStoreWriter.hash(List.of(ChatMessage.user("ab"), ChatMessage.assistant("c"))))
        .isNotEqualTo(RowStoreWriter.hash(List.of(ChatMessage.user("a"), ChatMessage.assistant("bc"))));
    try (RowStoreWriter<PromptRequest> writer = new RowStoreWriter<>(directory, new PromptRequestCodec())) {
      writer.add(0, one, new PromptRequest(0, new int[] {1}));
      writer.add(1, two, new PromptRequest(5, new int[] {1, 2}));
      writer.add(1, one, new PromptRequest(6, new int[] {3}));
      writer.add(1, two, new PromptRequest(1L << 40, new int[] {4}));
      assertThatThrownBy(() -> writer.add(0, one, new PromptRequest(7, new int[] {4})))
          .isInstanceOf(IllegalArgumentException.class);
    }
    try (RowStore<PromptRequest> store = RowStore.open(directory, new PromptRequestCodec())) {
      assertThat(store.part(1).rows()).containsExactly(1, 2, 3);
      assertThat(store.part(1).questions()).containsExactly(0, 1, 0);
      assertThat(store.part(2).rows()).isEmpty();
      assertThat(store.get(1).tokens()).containsExactly(1, 2);
      assertThat(store.get(3).promptId()).isEqualTo(1L << 40);
    }
  }

  @Test
  void aShortenedFileIsNoticed() throws IOException {
    try (RowStore<MaskedTokens> store = stored(random(20, 9, 3))) {
      try (RandomAccessFile file = new RandomAccessFile(directory.resolve(RowStore.BODIES).toFile(), "rw")) {
        file.setLength(file.length() - 1);
      }
      store.get(18);
      assertThatThrownBy(() -> store.get(19)).isInstanceOf(UncheckedIOException.class);
    }
  }

  private RowStore<MaskedTokens> stored(List<MaskedTokens> rows) throws IOException {
    try (RowStoreWriter<MaskedTokens> writer = new RowStoreWriter<>(directory, new MaskedTokensCodec())) {
      rows.forEach(row -> writer.add(0, 0, row));
    }
    return RowStore.open(directory, new MaskedTokensCodec());
  }

  private static List<MaskedTokens> random(int rows, int longest, long seed) {
    Random random = new Random(seed);
    List<MaskedTokens> all = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      int[] tokens = random.ints(longest == 40_000 ? longest : 1 + random.nextInt(longest), 0, 50_000).toArray();
      boolean[] trained = new boolean[tokens.length];
      for (int t = 0; t < trained.length; t++) {
        trained[t] = random.nextBoolean();
      }
      all.add(new MaskedTokens(tokens, trained));
    }
    return all;
  }
}
