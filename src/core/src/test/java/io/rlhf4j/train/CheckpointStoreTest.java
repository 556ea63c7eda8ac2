package io.rlhf4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {

  @TempDir
  private Path directory;

  @Test
  void givesTheNewestBackWithItsNotes() {
    CheckpointStore store = new CheckpointStore(directory.resolve("reward"), 5);
    assertThat(store.latest()).isEmpty();
    assertThat(store.isEmpty()).isTrue();

    write(store, 9, "nine");
    write(store, 10, "ten");

    Checkpoint latest = store.latest().orElseThrow();
    assertThat(latest.step()).isEqualTo(10);
    assertThat(latest.progress()).hasToString("{\"seen\":1000}");
    assertThat(latest.file("a/state.bin")).hasContent("ten");
  }

  @Test
  void keepsTheNewestOnly() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 2);
    for (int step = 1; step <= 5; step++) {
      write(store, step, "content");
    }
    assertThat(names()).containsExactly("step-000000000004", "step-000000000005");
  }

  @Test
  void whatIsDamagedIsPassedOver() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 9);
    for (int step = 1; step <= 5; step++) {
      write(store, step, "content");
    }
    Files.writeString(directory.resolve("step-000000000005/a/state.bin"), "contenT");
    Files.delete(directory.resolve("step-000000000004/a/state.bin"));
    Files.writeString(directory.resolve("step-000000000003/checkpoint.json"), "{\"format\": 1, \"st");
    Files.writeString(directory.resolve("step-000000000002/more"), "not in the manifest");

    assertThat(store.latest().orElseThrow().step()).isEqualTo(1);
  }

  @Test
  void earlierOnesAreTheNewestThatAreWhole() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 9);
    for (int step = 1; step <= 5; step++) {
      write(store, step, "content");
    }
    Files.delete(directory.resolve("step-000000000003/a/state.bin"));

    assertThat(store.newestBefore(5, 2).stream().map(Checkpoint::step)).containsExactly(4L, 2L);
    assertThat(store.newestBefore(1, 2)).isEmpty();
  }

  /** A file cut short or a flipped bit, in a file or in the manifest, at 1,000 places drawn from a seed. */
  @Test
  void everyDamageIsDetected() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 2);
    write(store, 1, "content");
    write(store, 2, "some more content");
    Path victim = directory.resolve("step-000000000002");
    List<Path> files = List.of(victim.resolve("a/state.bin"), victim.resolve("checkpoint.json"));
    Random random = new Random(7);
    for (int trial = 0; trial < 1000; trial++) {
      Path file = files.get(trial % 2);
      byte[] before = Files.readAllBytes(file);
      int place = random.nextInt(before.length);
      byte[] after = before.clone();
      after[place] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, random.nextBoolean() ? after : Arrays.copyOf(before, place));
      assertThat(store.latest().orElseThrow().step()).as("trial %d: %s at byte %d", trial, file, place).isEqualTo(1);
      Files.write(file, before);
    }
    assertThat(store.latest().orElseThrow().step()).isEqualTo(2);
  }

  @Test
  void damagedOnesNeverPushOutTheOneInUse() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 1);
    write(store, 1, "content");
    Files.createDirectories(directory.resolve("step-000000000009"));
    write(store, 2, "content");
    assertThat(store.latest().orElseThrow().step()).isEqualTo(2);
    assertThat(names()).containsExactly("step-000000000002", "step-000000000009");
  }

  @Test
  void whatWasNeverFinishedDoesNotCount() throws IOException {
    CheckpointStore store = new CheckpointStore(directory, 2);
    write(store, 1, "content");
    Path unfinished = Files.createDirectories(directory.resolve(".step-000000000002.tmp"));
    Files.writeString(unfinished.resolve("state.bin"), "half");

    assertThat(store.latest().orElseThrow().step()).isEqualTo(1);
    write(store, 2, "content");
    assertThat(store.latest().orElseThrow().step()).isEqualTo(2);
    assertThat(unfinished).doesNotExist();
  }

  @Test
  void aWriterThatFailsLeavesWhatWasThere() {
    CheckpointStore store = new CheckpointStore(directory, 1);
    write(store, 1, "content");

    assertThatThrownBy(() -> store.write(2, notes(2), target -> {
      Files.writeString(target.resolve("state.bin"), "half");
      throw new IOException("disk full");
    })).isInstanceOf(UncheckedIOException.class).hasMessageContaining("step-000000000002")
        .hasRootCauseMessage("disk full");
    assertThat(store.latest().orElseThrow().step()).isEqualTo(1);
  }

  @Test
  void clearedStoresAreEmpty() {
    CheckpointStore store = new CheckpointStore(directory.resolve("reward"), 1);
    write(store, 1, "content");
    store.clear();
    assertThat(store.isEmpty()).isTrue();
    assertThat(directory.resolve("reward")).doesNotExist();
  }

  private static void write(CheckpointStore store, long step, String content) {
    store.write(step, notes(step), target -> {
      Files.createDirectories(target.resolve("a"));
      Files.writeString(target.resolve("a/state.bin"), content);
    });
  }

  private static ObjectNode notes(long step) {
    return JsonNodeFactory.instance.objectNode().put("seen", 100 * step);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
