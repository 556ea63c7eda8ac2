package io.rlhf4j.model;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.telemetry.PeakMemory;
import java.util.List;
import java.util.Random;

/** Prints what a forward and backward takes at its peak, in bytes: with layers computed again, then with all kept. */
final class RecomputedLayersRun {

  private RecomputedLayersRun() {}

  public static void main(String[] arguments) {
    LlamaConfig shape = new LlamaConfig(64, 128, 352, 10, 4, 4, 32, 1e-5, 10_000, 512, true);
    try (CausalModel model = CausalModel.random(shape, 0.02, 1)) {
      model.trainable(true);
      Random random = new Random(1);
      List<TokenSequence> sequences = random.ints(16, 0, 64)
          .mapToObj(i -> new TokenSequence(random.ints(256, 0, 64).toArray(), 1)).toList();
      // What the first call of a kernel takes for good (code, buffers of the products) belongs to neither.
      GradientCheckpointingTest.gradients(model, sequences.subList(0, 1));
      model.backbone().recomputeLayers(true);
      GradientCheckpointingTest.gradients(model, sequences.subList(0, 1));
      long before = PeakMemory.residentBytes().orElseThrow();
      long inputs = peak(model, sequences) - before;
      model.backbone().recomputeLayers(false);
      System.out.println(inputs + " " + (peak(model, sequences) - before));
    }
  }

  private static long peak(CausalModel model, List<TokenSequence> sequences) {
    PeakMemory.restart();
    GradientCheckpointingTest.gradients(model, sequences);
    return PeakMemory.bytes().orElseThrow();
  }
}
