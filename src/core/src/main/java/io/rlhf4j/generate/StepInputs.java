package io.rlhf4j.generate;

import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What the sampling kernel needs to know about the rows of one call. Cells are indices into the logits {@code [N, V]},
 * row by row.
 *
 * @param uniforms {@code [N]}
 * @param forbidden cells of tokens that a row must not choose
 * @param repeated cells of tokens that occurred in a row, if that is penalised
 * @param numbers temperature, top-p, min-p, repetition penalty
 */
record StepInputs(Tensor uniforms, Tensor forbidden, Tensor repeated, double[] numbers) {

  static StepInputs of(List<Sample> samples, GenerationRequest request, int vocabSize) {
    int n = samples.size();
    SamplingOptions options = request.options();
    Repetition repetition = options.repetition();
    int[] stops = request.stops().tokens();
    float[] uniforms = new float[n];
    LongStream.Builder forbidden = LongStream.builder();
    LongStream.Builder repeated = LongStream.builder();
    for (int i = 0; i < n; i++) {
      Sample sample = samples.get(i);
      long row = (long) i * vocabSize;
      uniforms[i] = sample.nextUniform();
      for (int s = 0; !sample.mayStop() && s < stops.length; s++) {
        forbidden.add(row + stops[s]);
      }
      if (repetition.noRepeatNgramSize() > 0) {
        PastTokens.completing(sample, repetition.noRepeatNgramSize()).forEach(token -> forbidden.add(row + token));
      }
      if (repetition.penalty() != 1) {
        PastTokens.distinct(sample).forEach(token -> repeated.add(row + token));
      }
    }
    return new StepInputs(Tensor.of(uniforms, n), cells(forbidden), cells(repeated),
        new double[] {options.temperature(), options.topP(), options.minP(), repetition.penalty()});
  }

  private static Tensor cells(LongStream.Builder cells) {
    long[] values = cells.build().toArray();
    return Tensor.of(values, values.length);
  }
}
