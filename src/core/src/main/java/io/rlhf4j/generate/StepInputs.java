package io.rlhf4j.generate;

import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * What the sampling kernel needs to know about the rows of one call.
 *
 * @param uniforms {@code [N]}
 * @param stops tokens that some row must not choose yet, {@code [S]}; empty if every row may stop
 * @param stopBias added to the logits of {@code stops}, {@code [N]}: 0 or minus infinity
 */
record StepInputs(Tensor uniforms, Tensor stops, Tensor stopBias) {

  static StepInputs of(List<Sample> samples, StopTokens stops) {
    int n = samples.size();
    float[] uniforms = new float[n];
    float[] bias = new float[n];
    boolean anyForbidden = false;
    for (int i = 0; i < n; i++) {
      Sample sample = samples.get(i);
      uniforms[i] = sample.nextUniform();
      if (!sample.mayStop()) {
        bias[i] = Float.NEGATIVE_INFINITY;
        anyForbidden = true;
      }
    }
    int[] forbidden = anyForbidden ? stops.toArray() : new int[0];
    return new StepInputs(Tensor.of(uniforms, n), Tensor.of(forbidden, forbidden.length), Tensor.of(bias, n));
  }
}
