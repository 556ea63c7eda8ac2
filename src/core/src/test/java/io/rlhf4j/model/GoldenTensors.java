package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.tensor.SafetensorsReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What Python wrote for a parity test: sequences of tokens, and the tensors that ours must equal. */
final class GoldenTensors {

  private GoldenTensors() {}

  /** {@code tokens.0}, {@code tokens.1} and so on, of which there must be {@code count}. */
  static List<int[]> sequences(SafetensorsReader golden, int count) {
    List<int[]> sequences = new ArrayList<>();
    for (int i = 0; golden.names().contains("tokens." + i); i++) {
      sequences.add(Arrays.stream(golden.read("tokens." + i).toLongs()).mapToInt(Math::toIntExact).toArray());
    }
    assertThat(sequences).hasSize(count);
    return sequences;
  }

  /** The tensors {@code prefix0}, {@code prefix1} and so on, one behind the other as a packed batch has them. */
  static float[] packed(SafetensorsReader golden, String prefix) {
    List<float[]> parts = new ArrayList<>();
    for (int i = 0; golden.names().contains(prefix + i); i++) {
      parts.add(golden.read(prefix + i).toFloats());
    }
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** @param relative largest error allowed, as a part of the largest element of {@code theirs} */
  static void assertClose(float[] ours, float[] theirs, double relative, String what) {
    assertThat(ours).as(what).hasSameSizeAs(theirs);
    double error = 0;
    for (int i = 0; i < ours.length; i++) {
      error = Math.max(error, Math.abs(ours[i] - theirs[i]));
      assertThat(ours[i]).as(what).isNotNaN();
    }
    assertThat(error / largest(theirs)).as("relative error of " + what).isLessThanOrEqualTo(relative);
  }

  /** Of the absolute values; never zero. */
  static double largest(float[] values) {
    double largest = 1e-30;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
