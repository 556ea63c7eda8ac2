package io.rlhf4j.model;

import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The projection to the vocabulary and what follows it, in chunks of rows: {@code [rows, V]} is held for one chunk
 * only, forward and backward. Backward computes the logits of a chunk again, except for the next-token loss, whose
 * gradient is known at once.
 *
 * @param projection {@code [V, H]}, not owned
 * @param softCap {@code c} of {@code c * tanh(logit / c)}; 0 for none
 * @param chunkRows rows of one chunk
 */
record VocabularyHead(Tensor projection, double softCap, int chunkRows) {

  /** Logits of one chunk, so that a few tensors of this size fit beside any model. */
  private static final int CHUNK_ELEMENTS = 1 << 24;

  /** Fewer rows than this would make the matrix products slow. */
  private static final int MIN_CHUNK_ROWS = 128;

  static VocabularyHead of(Tensor projection, double softCap) {
    return new VocabularyHead(projection, softCap,
        (int) Math.max(MIN_CHUNK_ROWS, CHUNK_ELEMENTS / projection.size(0)));
  }

  Tensor logits(Tensor hidden) {
    return Kernels.tensor("logits", hidden, projection, softCap);
  }

  TokenLogProbs logProbs(Tensor hidden, Tensor rows, Tensor targets, double temperature) {
    Tensor selected;
    List<Tensor> results;
    try (GradientScope paused = GradientScope.paused()) {
      selected = Kernels.tensor("select_rows", hidden, rows);
      results = Kernels.tensors("token_log_probs", selected, projection, targets, temperature, softCap, chunkRows);
    }
    if (learns(hidden)) {
      GradientScope.cut(results, List.of(selected),
          gradients -> pass(hidden, rows, gradient(selected, targets, temperature, gradients)));
    } else {
      selected.close();
    }
    return new TokenLogProbs(results.get(0), results.get(1));
  }

  /** The gradient of the selected rows; that of the projection is added to what it has. */
  private Tensor gradient(Tensor selected, Tensor targets, double temperature, List<@Nullable Tensor> gradients) {
    Tensor ofLogProbs = gradients.get(0);
    Tensor ofEntropies = gradients.get(1);
    return Kernels.tensor("token_log_probs_backward", selected, projection, targets,
        ofLogProbs == null ? Tensor.zeros(targets.size(0)) : ofLogProbs,
        ofEntropies == null ? Tensor.zeros(0) : ofEntropies, temperature, softCap, chunkRows, projectionGradient());
  }

  Tensor nextTokenLoss(Tensor hidden, Tensor rows, Tensor targets, double scale) {
    if (learns(hidden)) {
      return lossAndGradient(hidden, rows, targets, scale);
    }
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensor("next_token_loss", Kernels.tensor("select_rows", hidden, rows), projection, targets,
          softCap, scale, chunkRows);
    }
  }

  private Tensor lossAndGradient(Tensor hidden, Tensor rows, Tensor targets, double scale) {
    Tensor ofProjection = Tensor.zeros(projection.carriesGradient() ? projection.shape() : new long[] {0});
    List<Tensor> results;
    try (GradientScope paused = GradientScope.paused()) {
      Tensor selected = Kernels.tensor("select_rows", hidden, rows);
      results = Kernels.tensors("next_token_loss_and_gradient", selected, projection, targets, softCap, scale,
          chunkRows, ofProjection);
      selected.close();
    }
    Tensor ofSelected = results.get(1);
    GradientScope.cut(results.subList(0, 1), List.of(ofSelected, ofProjection), gradients -> {
      Tensor factor = gradients.getFirst();
      if (projection.carriesGradient()) {
        projection.backward(times(ofProjection, factor));
      }
      pass(hidden, rows, times(ofSelected, factor));
    });
    return results.getFirst();
  }

  /** In place; the factor of a loss that is not part of another is 1 and costs nothing. */
  private static Tensor times(Tensor gradient, Tensor factor) {
    return factor.item() == 1 ? gradient : Kernels.tensor("multiply_", gradient, factor);
  }

  private static void pass(Tensor hidden, Tensor rows, Tensor gradient) {
    if (hidden.carriesGradient()) {
      hidden.backward(Kernels.tensor("scatter_rows", gradient, rows, hidden.size(0)));
    }
  }

  /** What the projection's gradient has so far; empty if it wants none. */
  private Tensor projectionGradient() {
    if (!projection.carriesGradient()) {
      return Tensor.zeros(0);
    }
    if (projection.gradient() == null) {
      projection.backward(Tensor.zeros(projection.shape()));
    }
    return Objects.requireNonNull(projection.gradient());
  }

  private boolean learns(Tensor hidden) {
    return GradientScope.recording() && (hidden.carriesGradient() || projection.carriesGradient());
  }
}
