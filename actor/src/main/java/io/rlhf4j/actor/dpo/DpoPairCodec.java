package io.rlhf4j.actor.dpo;

import io.rlhf4j.data.RowCodec;
import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;
import java.util.Arrays;

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
    int[] chosen = row.chosen().tokens();
    int[] rejected = row.rejected().tokens();
    int prompt = row.chosen().promptLength();
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * (chosen.length + rejected.length - prompt));
    body.asIntBuffer().put(chosen).put(rejected, prompt, rejected.length - prompt);
    return body;
  }

  @Override
  public DpoPair read(long[] facts, ByteBuffer body) {
    int[] ids = new int[body.remaining() / Integer.BYTES];
    body.asIntBuffer().get(ids);
    int promptLength = (int) facts[0];
    int middle = promptLength + (int) facts[1];
    int[] prompt = Arrays.copyOf(ids, promptLength);
    return encoder.pair(TokenSequence.of(prompt, Arrays.copyOfRange(ids, promptLength, middle)),
        TokenSequence.of(prompt, Arrays.copyOfRange(ids, middle, ids.length)));
  }
}
