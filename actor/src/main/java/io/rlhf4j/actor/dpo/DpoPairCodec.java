package io.rlhf4j.actor.dpo;

import io.rlhf4j.data.RowCodec;
import io.rlhf4j.data.StoredAnswers;
import java.nio.ByteBuffer;

/** Pairs as tokens, the prompt once; which of them are compared is told again by the encoder. */
public final class DpoPairCodec implements RowCodec<DpoPair> {

  private final PairEncoder encoder;

  /** @param encoder that the pairs come from */
  public DpoPairCodec(PairEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  public int factCount() {
    return 2;
  }

  /** Tokens of the prompt and of the chosen answer. */
  @Override
  public long[] facts(DpoPair row) {
    return new long[] {row.chosen().promptLength(), row.chosen().responseLength()};
  }

  @Override
  public ByteBuffer body(DpoPair row) {
    return new StoredAnswers(row.chosen(), row.rejected()).body();
  }

  @Override
  public DpoPair read(long[] facts, ByteBuffer body) {
    StoredAnswers answers = StoredAnswers.read(body, (int) facts[0], (int) facts[1]);
    return encoder.pair(answers.first(), answers.second());
  }
}
