package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.Split;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run holds of pairs in files does not grow with their number: split, groups, orders, packs and scores. */
class StoredOrderTest {

  private static final int FEW = 10_000;
  private static final int MANY = 20 * FEW;

  @TempDir
  private Path directory;

  /** On the heap the arrays of 200,000 pairs would take 15 MB more. */
  @Test
  @Tag("process")
  void twentyTimesThePairsTakeNoMoreHeap() throws Exception {
    Path said = directory.resolve("said");
    int code = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx16m",
        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
        Held.class.getName(), directory.toString()).redirectErrorStream(true).redirectOutput(said.toFile()).start()
        .waitFor();
    assertThat(code).as(Files.readString(said)).isZero();
    List<Long> held = Files.readAllLines(said).stream().map(Long::valueOf).toList();
    assertThat(held.get(1) - held.get(0)).as("bytes held for %d and %d pairs: %s", FEW, MANY, held)
        .isLessThan(1_000_000);
  }

  /** A process of its own: says how many bytes of heap are held for few pairs and for many. */
  static final class Held {

    public static void main(String[] arguments) throws IOException {
      Path root = Path.of(arguments[0]);
      held(Files.createDirectory(root.resolve("warm")), 100);
      System.out.println(held(Files.createDirectory(root.resolve("few")), FEW));
      System.out.println(held(Files.createDirectory(root.resolve("many")), MANY));
    }

    private static long held(Path directory, int pairs) throws IOException {
      write(directory, pairs);
      System.gc();
      long before = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      try (PairStore store = PairStore.open(directory)) {
        Split<Integer> split = Split.ofGroups(store.rows().part(0).questions(), 0.1, 3);
        PairSource train = store.select((RowNumbers) split.train());
        List<Object> kept = new ArrayList<>(List.of(split, train));
        for (String keys : List.of("batch_size: 8", "batch_size: 8, group_by_length: true",
            "batch_size: 2, max_packed_length: 60")) {
          PairBatches batches = new PairBatches(train, TinyPairs.config(keys), 4);
          List<PairBatches.Batch> epoch = batches.epoch(1);
          epoch.get(epoch.size() - 1);
          kept.addAll(List.of(batches, epoch));
        }
        kept.add(RewardEvaluation.of(Baselines.random(split.test().size(), 1, store.rows().space())));
        System.gc();
        long held = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() - before;
        kept.clear();
        return held;
      }
    }

    private static void write(Path directory, int pairs) throws IOException {
      try (PairStoreWriter writer = new PairStoreWriter(directory)) {
        for (int pair = 0; pair < pairs; pair++) {
          int prompt = pair / 3;
          writer.add(0, new PreferencePair(List.of(ChatMessage.user("q" + prompt)), "a", "b", 0, pair),
              new TokenizedPair(sequence(prompt, 1 + pair % 5), sequence(prompt, 1 + pair % 7), 0));
        }
      }
    }

    private static TokenSequence sequence(int prompt, int answer) {
      int[] tokens = new int[1 + answer];
      tokens[0] = prompt;
      return new TokenSequence(tokens, 1);
    }
  }
}
