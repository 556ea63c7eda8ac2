package io.rlhf4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {

  @TempDir
  private Path directory;

  private Path root;
  private CheckpointStore store;
  private final List<String> warnings = new ArrayList<>();

  @BeforeEach
  void open() {
    root = directory.resolve("checkpoints");
    store = new CheckpointStore(root, 2);
  }

  @Test
  void theNewestIsFoundAndOnlyAsManyAsWantedStay() throws IOException {
    assertThat(store.newest(warnings::add)).isEmpty();
    assertThat(store.isEmpty()).isTrue();
    for (int step : List.of(1, 2, 10)) {
      write(step);
    }
    assertThat(store.newest(warnings::add)).contains(new Checkpoint(root.resolve("step-000010"), 10, "hash"));
    assertThat(entries()).containsExactly("step-000002", "step-000010");
    assertThat(Files.readString(root.resolve("step-000010/actor/weights"))).isEqualTo("weights of 10");
    assertThat(warnings).isEmpty();
  }

  @Test
  void aStepThatIsWrittenAgainIsReplaced() throws IOException {
    write(4);
    store.write(4, "hash", target -> Files.writeString(target.resolve("other"), "x"));
    assertThat(store.newest(warnings::add)).isPresent();
    assertThat(root.resolve("step-000004/other")).exists();
    assertThat(root.resolve("step-000004/actor")).doesNotExist();
  }

  @Test
  void aWriterThatFailsLeavesWhatWasThere() throws IOException {
    write(1);
    assertThatThrownBy(() -> store.write(2, "hash", target -> {
      Files.writeString(target.resolve("half"), "x");
      throw new IOException("No space left on device");
    })).isInstanceOf(UncheckedIOException.class).hasMessageContaining("step-000002 (No space left on device)");
    assertThat(entries()).containsExactly("step-000001");
  }

  @Test
  void aDamagedOneIsNamedAndTheOneBeforeIsUsedAndKept() throws IOException {
    write(1);
    write(2);
    Files.writeString(root.resolve("step-000002/actor/weights"), "weights of 3");
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(1L);
    assertThat(warnings).containsExactly("checkpoint " + root.resolve("step-000002")
        + " cannot be used: actor/weights is damaged: its SHA-256 differs");

    new CheckpointStore(root, 1).write(1, "hash", target -> Files.writeString(target.resolve("again"), "x"));
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(1L);
  }

  @Test
  void whatWasNeverFinishedDoesNotCount() throws IOException {
    write(1);
    Files.createDirectories(root.resolve(".step-000002.tmp"));
    Files.createDirectories(root.resolve("step-000003"));
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(1L);
    assertThat(warnings).containsExactly(
        "checkpoint " + root.resolve("step-000003") + " cannot be used: MANIFEST is missing");
    write(2);
    assertThat(root.resolve(".step-000002.tmp")).doesNotExist();
  }

  /** A file cut short, a flipped bit, a missing and an additional file, at 1,000 places drawn from a seed. */
  @Test
  void everyDamageIsDetected() throws IOException {
    write(1);
    write(2);
    Random random = new Random(7);
    Path victim = root.resolve("step-000002");
    List<String> names = new ArrayList<>(Manifest.names(victim));
    names.add(Manifest.NAME);
    for (int trial = 0; trial < 1000; trial++) {
      Path file = victim.resolve(names.get(random.nextInt(names.size())));
      byte[] before = Files.readAllBytes(file);
      int place = random.nextInt(before.length);
      byte[] after = before.clone();
      if (random.nextBoolean()) {
        after[place] ^= (byte) (1 << random.nextInt(8));
      } else {
        after = Arrays.copyOf(before, place);
      }
      Files.write(file, after);
      assertThat(store.newest(warning -> {}).map(Checkpoint::step)).as("trial %d: %s at byte %d", trial, file, place)
          .contains(1L);
      Files.write(file, before);
    }
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(2L);
    Files.writeString(victim.resolve("stray"), "x");
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(1L);
    Files.delete(victim.resolve("stray"));
    Files.delete(victim.resolve("run.json"));
    assertThat(store.newest(warnings::add)).map(Checkpoint::step).contains(1L);
  }

  private void write(long step) {
    store.write(step, "hash", target -> {
      Files.createDirectories(target.resolve("actor"));
      Files.writeString(target.resolve("actor/weights"), "weights of " + step);
      Files.writeString(target.resolve("run.json"), "{}");
    });
  }

  private List<String> entries() throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
