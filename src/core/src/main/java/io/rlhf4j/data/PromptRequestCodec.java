package io.rlhf4j.data;

import io.rlhf4j.rl.PromptRequest;
import java.nio.ByteBuffer;

/** Prompts to be answered: four bytes a token. Its fact: the number of the row. */
public final class PromptRequestCodec implements RowCodec<PromptRequest> {

  @Override
  public int factCount() {
    return 1;
  }

  @Override
  public long[] facts(PromptRequest row) {
    return new long[] {row.promptId()};
  }

  @Override
  public ByteBuffer body(PromptRequest row) {
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * row.tokens().length);
    body.asIntBuffer().put(row.tokens());
    return body;
  }

  @Override
  public PromptRequest read(long[] facts, ByteBuffer body) {
    int[] tokens = new int[body.remaining() / Integer.BYTES];
    body.asIntBuffer().get(tokens);
    return new PromptRequest(facts[0], tokens);
  }
}
