package io.rlhf4j.data;

import io.rlhf4j.text.MaskedTokens;
import java.nio.ByteBuffer;

/** Demonstrations: four bytes a token, the complement of those that count in the loss. Its fact: how many do. */
public final class MaskedTokensCodec implements RowCodec<MaskedTokens> {

  @Override
  public int factCount() {
    return 1;
  }

  @Override
  public long[] facts(MaskedTokens row) {
    return new long[] {row.trainedTokens()};
  }

  @Override
  public ByteBuffer body(MaskedTokens row) {
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * row.length());
    for (int t = 0; t < row.length(); t++) {
      body.putInt(row.trained()[t] ? ~row.tokens()[t] : row.tokens()[t]);
    }
    return body.flip();
  }

  @Override
  public MaskedTokens read(long[] facts, ByteBuffer body) {
    int[] tokens = new int[body.remaining() / Integer.BYTES];
    boolean[] trained = new boolean[tokens.length];
    for (int t = 0; t < tokens.length; t++) {
      int token = body.getInt();
      trained[t] = token < 0;
      tokens[t] = trained[t] ? ~token : token;
    }
    return new MaskedTokens(tokens, trained);
  }
}
