package io.rlhf4j.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.config.MicroBatchConfig;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.telemetry.PeakMemory;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.MaskedTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Optimiser steps of all shapes, one after the other. The long form is {@code -Drlhf4j.train.steps=2000} in a JVM with
 * {@code -Xmx256m -XX:+UseSerialGC}, so that the Java heap, which is part of what is measured, does not grow by itself.
 */
class TrainingMemoryTest {

  private static final LlamaConfig MODEL = new LlamaConfig(200, 32, 64, 2, 4, 2, 8, 1e-5, 10_000, 512, true);
  private static final int STEPS = Integer.getInteger("rlhf4j.train.steps", 120);
  private static final int BATCH = 3;
  /** In the short form mostly the Java heap of a JVM that runs other tests too. */
  private static final long NOISE_BYTES = STEPS >= 1000 ? 16L << 20 : 96L << 20;

  private long bytesBefore;
  private long tensorsBefore;

  @BeforeAll
  static void oneThreadIsFasterForTinyModels() {
    LibTorch.setThreads(1);
  }

  @Test
  void theProcessStaysAsLargeAsItWas() {
    assumeThat(PeakMemory.residentBytes()).as("the system says how much memory is held").isPresent();
    OptimizerConfig optimizer = RecipeConfig.parse("sft: {learning_rate: 0.001}").sft().optimizer();
    SftConfig config = new SftConfig(1, 0, BATCH, MicroBatchConfig.of(700), false, SftConfig.Turns.ALL, 0,
        SaveConfig.never(), optimizer);
    try (CausalModel model = CausalModel.random(MODEL, 0.2, 3)) {
      new SftTrainer(model, config, 1).train(examples(STEPS * BATCH), (step, total, tokens, metrics) -> {
        // Layers are remembered and computed again in turn; long and short batches take different ways anyway.
        model.backbone().recomputeLayers(step % 2 == 1);
        if (step == total / 4) {
          tensorsBefore = Tensor.liveCount();
          bytesBefore = resident();
        } else if (step == total) {
          assertThat(Tensor.liveCount()).isEqualTo(tensorsBefore);
          assertThat(resident() - bytesBefore).isLessThan(NOISE_BYTES);
        } else if (STEPS >= 1000 && step % 100 == 0) {
          System.out.printf("step %d: %d MB%n", step, resident() >> 20);
        }
      });
      assertThat(tensorsBefore).isPositive();
    }
  }

  private static List<MaskedTokens> examples(int count) {
    Random random = new Random(7);
    List<MaskedTokens> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = (int) (2 * Math.pow(200, random.nextDouble()));
      boolean[] trained = new boolean[length];
      Arrays.fill(trained, 1, length, true);
      examples.add(new MaskedTokens(random.ints(length, 0, MODEL.vocabSize()).toArray(), trained));
    }
    return examples;
  }

  private static long resident() {
    System.gc();
    return PeakMemory.residentBytes().orElseThrow();
  }
}
