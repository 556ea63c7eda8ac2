package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class GradientScopeTest {

  @Test
  void aFreshThreadRecordsNothingOutsideAScope() throws Exception {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = Tensor.of(new float[] {2, 3}, 2).requireGradient(true);
      onFreshThread(() -> {
        try (MemoryScope inner = MemoryScope.open()) {
          Tensor rows = weight.rows(0, 1);
          assertThatThrownBy(() -> rows.backward(Tensor.of(new float[] {1}, 1)))
              .hasMessageContaining("does not require grad");
          Tensor result = Kernels.tensor("sum_all", weight);
          assertThatThrownBy(result::backward).hasMessageContaining("does not require grad");
        }
        return null;
      });
      assertThat(weight.gradient()).isNull();
    }
  }

  @Test
  void aScopeRecordsOnItsOwnThreadOnly() throws Exception {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Tensor weight = Tensor.of(new float[] {2, 3}, 2).requireGradient(true);
      onFreshThread(() -> {
        try (MemoryScope inner = MemoryScope.open()) {
          Tensor result = Kernels.tensor("sum_all", weight);
          assertThatThrownBy(result::backward).hasMessageContaining("does not require grad");
        }
        return null;
      });
      Kernels.tensor("sum_all", weight).backward();
      assertThat(weight.gradient().toFloats()).containsExactly(1, 1);
    }
  }

  @Test
  void resultsFromOutsideAScopeCanBeSavedForBackwardInsideOne() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor input = Kernels.tensor("scale", Tensor.of(new float[] {1, 2}, 2), 10.0);
      Tensor weight = Kernels.tensor("scale", Tensor.of(new float[] {1, 1}, 2), 1.0).requireGradient(true);
      try (GradientScope gradients = GradientScope.open()) {
        Kernels.tensor("sum_all", TestKernels.tensor("multiply", input, weight)).backward();
      }
      assertThat(weight.gradient().toFloats()).containsExactly(10, 20);
    }
  }

  @Test
  void pausedSwitchesOffAndClosingSwitchesOnAgain() {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Tensor weight = Tensor.of(new float[] {3}, 1).requireGradient(true);
      Tensor constant;
      try (GradientScope paused = GradientScope.paused()) {
        constant = Kernels.tensor("scale", weight, 5.0);
      }
      Kernels.tensor("sum_all", TestKernels.tensor("multiply", constant, weight)).backward();
      // 15 from the product with the constant; a recorded constant would give 30.
      assertThat(weight.gradient().toFloats()).containsExactly(15);
    }
  }

  @Test
  void parametersAreUpdatedInPlaceOutsideAScopeOnly() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = Tensor.of(new float[] {1, 2}, 2).requireGradient(true);
      Tensor other = Tensor.of(new float[] {5, 6}, 2);
      Kernels.run("copy_", weight, other);
      assertThat(weight.toFloats()).containsExactly(5, 6);
      Kernels.run("adamw_", List.of(weight), List.of(other), List.of(Tensor.zeros(2)), List.of(Tensor.zeros(2)),
          List.of(Tensor.scalar(0)), 1.0, 0.9, 0.99, 0.0, 1e-8);
      assertThat(weight.toFloats()).containsExactly(4, 5);

      try (GradientScope gradients = GradientScope.open()) {
        assertThatThrownBy(() -> Kernels.run("copy_", weight, other)).isInstanceOf(KernelException.class)
            .hasMessageContaining("leaf Variable that requires grad");
        Kernels.tensor("sum_all", Kernels.tensor("scale", weight, 3.0)).backward();
      }
      assertThat(weight.gradient().toFloats()).containsExactly(3, 3);
      assertThat(weight.toFloats()).containsExactly(4, 5);
    }
  }

  @Test
  void gradientsAddUpInTheSameMemory() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = Tensor.of(new float[] {1, 2}, 2).requireGradient(true);
      weight.backward(Tensor.of(new float[] {1, 2}, 2));
      Tensor gradient = weight.gradient();
      weight.backward(Tensor.of(new float[] {10, 20}, 2));
      assertThat(gradient.toFloats()).containsExactly(11, 22);
      Kernels.run("zero_", List.of(gradient));
      weight.backward(Tensor.of(new float[] {3, 4}, 2));
      assertThat(gradient.toFloats()).containsExactly(3, 4);
    }
  }

  @Test
  void valuesClosedBeforeBackwardDoNotChangeGradients() {
    try (MemoryScope scope = MemoryScope.open()) {
      int size = 1 << 16;
      float[] values = new float[size];
      Arrays.fill(values, 3);
      Tensor weight = Tensor.zeros(size).requireGradient(true);
      Tensor loss;
      try (GradientScope gradients = GradientScope.open()) {
        Tensor constant = Tensor.of(values, size);
        Tensor product = TestKernels.tensor("multiply", constant, weight);
        loss = Kernels.tensor("sum_all", product);
        constant.close();
        product.close();
      }
      Arrays.fill(values, -1);
      // Whatever takes over freed memory now must not show in the gradient.
      for (int i = 0; i < 50; i++) {
        Tensor.of(values, size);
      }
      loss.backward();
      assertThat(weight.gradient().toFloats()).containsOnly(3);
    }
  }

  @Test
  void misuseIsReported() throws Exception {
    GradientScope outer = GradientScope.open();
    GradientScope inner = GradientScope.paused();
    assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("innermost first");
    onFreshThread(() -> assertThatThrownBy(inner::close).isInstanceOf(IllegalStateException.class));
    inner.close();
    assertThat(GradientScope.recording()).isTrue();
    outer.close();
    assertThat(GradientScope.recording()).isFalse();
    assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Timeout(60)
  void twoThreadsTrainAtOnceAndGetWhatEachGetsAlone() throws Exception {
    List<float[]> alone = List.of(train(1), train(2));
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<float[]>> together = new ArrayList<>();
      for (int seed = 1; seed <= 2; seed++) {
        int own = seed;
        together.add(threads.submit(() -> train(own)));
      }
      for (int i = 0; i < 2; i++) {
        assertThat(together.get(i).get()).isEqualTo(alone.get(i));
      }
    }
  }

  /** Fits a vector to {@code 1, 2, 3, 4} times the seed by 200 steps of AdamW on half the squared distance. */
  private static float[] train(int seed) {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = Tensor.zeros(4).requireGradient(true);
      Tensor target = Tensor.of(new float[] {-seed, -2 * seed, -3 * seed, -4 * seed}, 4);
      Tensor first = Tensor.zeros(4);
      Tensor second = Tensor.zeros(4);
      Tensor step = Tensor.scalar(0);
      for (int i = 0; i < 200; i++) {
        try (MemoryScope inner = MemoryScope.open()) {
          try (GradientScope gradients = GradientScope.open()) {
            Tensor distance = Kernels.tensor("add", weight, target);
            Kernels.tensor("scale", Kernels.tensor("sum_all", TestKernels.tensor("multiply", distance, distance)), 0.5)
                .backward();
          }
          Tensor gradient = weight.gradient();
          Kernels.run("adamw_", List.of(weight), List.of(gradient), List.of(first), List.of(second), List.of(step),
              0.1, 0.9, 0.99, 0.0, 1e-8);
          Kernels.run("zero_", List.of(gradient));
        }
      }
      return weight.toFloats();
    }
  }

  private static <T> void onFreshThread(Callable<T> body) throws Exception {
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      thread.submit(body).get();
    }
  }
}
