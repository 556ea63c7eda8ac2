package io.rlhf4j.launcher.bench;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models to measure: two sizes with random weights, or a directory. */
final class BenchModel {

  private static final LlamaConfig SMALL =
      new LlamaConfig(4096, 256, 688, 4, 4, 4, 64, 1e-5, 10_000, 2048, false);
  private static final LlamaConfig MEDIUM =
      new LlamaConfig(32_000, 768, 2048, 12, 12, 12, 64, 1e-5, 10_000, 2048, true);

  private BenchModel() {}

  static CausalModel open(String name) {
    return switch (name) {
      case "5m" -> CausalModel.random(SMALL, 0.02, 17);
      case "100m" -> CausalModel.random(MEDIUM, 0.02, 17);
      default -> {
        if (!Files.isDirectory(Path.of(name))) {
          throw new InputException("--model: is " + name + ", must be 5m, 100m or a model directory");
        }
        yield CausalModel.load(Path.of(name));
      }
    };
  }

  static long parameters(CausalModel model) {
    return model.weights().values().stream().mapToLong(Tensor::count).sum();
  }

  /** Elements of the matrices that every token is multiplied with, the vocabulary projection included. */
  static long multiplied(CausalModel model) {
    return layers(model) + model.projection().count();
  }

  /** Elements of the layers' matrices. */
  static long layers(CausalModel model) {
    return model.backbone().layers().stream().filter(weight -> weight.shape().length == 2).mapToLong(Tensor::count)
        .sum();
  }

  /** Multiplications and additions of causal attention over sequences of these lengths, forward. */
  static double attentionFlops(DecoderShape shape, int... lengths) {
    double squares = 0;
    for (int length : lengths) {
      squares += (double) length * length;
    }
    // Scores and their product with the values, 2 operations each, of which the causal mask leaves half.
    return 2 * squares * shape.heads() * shape.headSize() * shape.layers();
  }
}
