package io.rlhf4j.reward.process;

import io.rlhf4j.data.RowCodec;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;

/** Judged answers: tokens, ends and labels of steps. Its facts: tokens of the prompt, steps, whether it lost some. */
public final class StepExampleCodec implements RowCodec<StepExample> {

  @Override
  public int factCount() {
    return 3;
  }

  @Override
  public long[] facts(StepExample row) {
    return new long[] {row.steps().promptLength(), row.labels().length, row.steps().cut() ? 1 : 0};
  }

  @Override
  public ByteBuffer body(StepExample row) {
    int[] tokens = row.steps().tokens();
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * (tokens.length + 2 * row.labels().length));
    IntBuffer numbers = body.asIntBuffer().put(tokens).put(row.steps().ends());
    for (float label : row.labels()) {
      numbers.put(Float.floatToIntBits(label));
    }
    return body;
  }

  @Override
  public StepExample read(long[] facts, ByteBuffer body) {
    int[] ends = new int[(int) facts[1]];
    float[] labels = new float[ends.length];
    IntBuffer numbers = body.asIntBuffer();
    int[] tokens = new int[numbers.remaining() - 2 * ends.length];
    numbers.get(tokens).get(ends);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = Float.intBitsToFloat(numbers.get());
    }
    return new StepExample(new Steps(tokens, (int) facts[0], ends, facts[2] != 0), labels);
  }
}
