package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowCodec;
import io.rlhf4j.data.RowStoreWriter;
import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A pair as it lies in files.
 *
 * @param pair its tokens
 * @param chosenCharacters length of the chosen answer's text
 * @param rejectedCharacters length of the rejected answer's text
 */
record StoredPair(TokenizedPair pair, int chosenCharacters, int rejectedCharacters) {

  static StoredPair of(PreferencePair row, TokenizedPair pair) {
    return new StoredPair(pair, row.chosenLength(), row.rejectedLength());
  }

  /** Facts of a pair: hash of the prompt, margin, tokens of prompt and chosen answer, and both lengths as texts. */
  static final class Codec implements RowCodec<StoredPair> {

    static final int PROMPT = 0;
    private static final int MARGIN = 1;
    private static final int LENGTHS = 2;
    private static final int CHARACTERS = 3;

    @Override
    public int factCount() {
      return 4;
    }

    @Override
    public long[] facts(StoredPair row) {
      TokenSequence chosen = row.pair().chosen();
      return new long[] {RowStoreWriter.hash(chosen.tokens(), chosen.promptLength()),
          Double.doubleToLongBits(row.pair().margin()), both(chosen.promptLength(), chosen.responseLength()),
          both(row.chosenCharacters(), row.rejectedCharacters())};
    }

    /** The prompt once, and both answers. */
    @Override
    public ByteBuffer body(StoredPair row) {
      int[] chosen = row.pair().chosen().tokens();
      int[] rejected = row.pair().rejected().tokens();
      int prompt = row.pair().chosen().promptLength();
      ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * (chosen.length + rejected.length - prompt));
      body.asIntBuffer().put(chosen).put(rejected, prompt, rejected.length - prompt);
      return body;
    }

    @Override
    public StoredPair read(long[] facts, ByteBuffer body) {
      int[] ids = new int[body.remaining() / Integer.BYTES];
      body.asIntBuffer().get(ids);
      int promptLength = promptLength(facts);
      int middle = promptLength + (int) facts[LENGTHS];
      int[] prompt = Arrays.copyOf(ids, promptLength);
      return new StoredPair(
          new TokenizedPair(TokenSequence.of(prompt, Arrays.copyOfRange(ids, promptLength, middle)),
              TokenSequence.of(prompt, Arrays.copyOfRange(ids, middle, ids.length)),
              Double.longBitsToDouble(facts[MARGIN])),
          (int) (facts[CHARACTERS] >>> Integer.SIZE), (int) facts[CHARACTERS]);
    }

    static int promptLength(long[] facts) {
      return (int) (facts[LENGTHS] >>> Integer.SIZE);
    }

    /** Lengths of both answers as texts, as scores. */
    static PairScores characters(long[] facts) {
      return new PairScores((int) (facts[CHARACTERS] >>> Integer.SIZE), (int) facts[CHARACTERS]);
    }

    private static long both(int first, int second) {
      return (long) first << Integer.SIZE | second;
    }
  }
}
