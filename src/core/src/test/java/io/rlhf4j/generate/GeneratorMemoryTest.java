package io.rlhf4j.generate;

import static io.rlhf4j.generate.RolloutGeneratorTest.config;
import static io.rlhf4j.generate.RolloutGeneratorTest.prompts;
import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.NativeObject;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Calls of all shapes, one after the other. The long form is {@code -Drlhf4j.generate.calls=2000} in a JVM with
 * {@code -Xmx256m -XX:+UseSerialGC}, so that the Java heap, which is part of what is measured, does not grow by itself.
 */
@EnabledOnOs(OS.LINUX)
class GeneratorMemoryTest {

  private static final int CALLS = Integer.getInteger("rlhf4j.generate.calls", 160);
  /** In the short form mostly the Java heap of a JVM that runs other tests too. */
  private static final long NOISE_KILOBYTES = CALLS >= 1000 ? 16_000 : 96_000;

  @BeforeAll
  static void oneThreadIsFasterForTinyModels() {
    LibTorch.setThreads(1);
  }

  @Test
  void theProcessStaysAsLargeAsItWas() throws IOException {
    Random random = new Random(7);
    try (CausalModel model = CausalModel.random(config(2, true), 0.2, 3)) {
      for (int call = 0; call < CALLS / 4; call++) {
        generate(model, random);
      }
      long before = residentKilobytes();
      long tensors = Tensor.liveCount();
      long objects = NativeObject.liveCount();
      for (int call = CALLS / 4; call < CALLS; call++) {
        generate(model, random);
      }
      assertThat(Tensor.liveCount()).isEqualTo(tensors);
      assertThat(NativeObject.liveCount()).isEqualTo(objects);
      assertThat(residentKilobytes() - before).isLessThan(NOISE_KILOBYTES);
    }
  }

  private static void generate(CausalModel model, Random random) {
    InferencePrecision precision = random.nextBoolean() ? InferencePrecision.FP32 : InferencePrecision.INT8;
    int[] lengths = random.ints(1 + random.nextInt(8), 1, 80).toArray();
    SamplingOptions options = new SamplingOptions(1, 1, 0, 0, 1 + random.nextInt(40), 1 + random.nextInt(6), 17);
    try (InferenceWeights weights = InferenceWeights.of(model, precision)) {
      new RolloutGenerator(1 + random.nextInt(64)).generate(weights, 0, 0, prompts(lengths), options,
          TurnEnd.ofTokens(), rollout -> {});
    }
  }

  private static long residentKilobytes() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
  }
}
