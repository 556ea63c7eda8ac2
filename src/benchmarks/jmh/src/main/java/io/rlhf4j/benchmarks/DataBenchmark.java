package io.rlhf4j.benchmarks;

import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.GeneralizedAdvantage;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What happens to data between the kernels: text to tokens, tokens to a batch, rewards to advantages. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DataBenchmark {

  private static final int SEQUENCES = 32;

  /** Mean length of a sequence, tokens: short ones are gathered into blocks, long ones stay where they are. */
  @Param({"40", "400"})
  public int length;

  private final List<int[]> sequences = new ArrayList<>();
  private float[] rewards = {};
  private float[] values = {};
  private String text = "";
  private Tokenizer tokenizer;

  @Setup
  public void prepare() throws IOException {
    LibTorch.setThreads(1);
    Random random = new Random(11);
    for (int i = 0; i < SEQUENCES; i++) {
      sequences.add(random.ints(length / 2 + random.nextInt(length), 0, 4096).toArray());
    }
    rewards = floats(random);
    values = floats(random);
    List<String> words = IntStream.range(0, 500)
        .mapToObj(i -> random.ints(2 + random.nextInt(8), 'a', 'z' + 1).mapToObj(Character::toString)
            .collect(Collectors.joining()))
        .toList();
    text = IntStream.range(0, length).mapToObj(i -> words.get(random.nextInt(words.size())))
        .collect(Collectors.joining(" "));
    Path directory = Files.createTempDirectory("tokenizer");
    ByteLevelBpeTrainer.train(Stream.of(String.join(" ", words)), BpeRecipe.chat(1000), directory);
    tokenizer = Tokenizer.load(directory);
  }

  private float[] floats(Random random) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    return numbers;
  }

  @TearDown
  public void close() {
    tokenizer.close();
  }

  /** A batch of 32 sequences. */
  @Benchmark
  public int packing() {
    try (MemoryScope scope = MemoryScope.open()) {
      return PackedBatch.of(sequences).rows();
    }
  }

  /** As many words as a sequence has tokens. */
  @Benchmark
  public int[] encoding() {
    return tokenizer.encode(text);
  }

  /** One answer. */
  @Benchmark
  public GeneralizedAdvantage advantages() {
    return GeneralizedAdvantage.estimate(rewards, values, 1, 0.95);
  }
}
