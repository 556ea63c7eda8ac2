package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowCodec;
import io.rlhf4j.data.RowStoreWriter;
import io.rlhf4j.data.StoredAnswers;
import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;

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
    static final int LENGTHS = 2;
    static final int CHARACTERS = 3;

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
      return new StoredAnswers(row.pair().chosen(), row.pair().rejected()).body();
    }

    @Override
    public StoredPair read(long[] facts, ByteBuffer body) {
      StoredAnswers answers = StoredAnswers.read(body, promptLength(facts[LENGTHS]), (int) facts[LENGTHS]);
      return new StoredPair(
          new TokenizedPair(answers.first(), answers.second(), Double.longBitsToDouble(facts[MARGIN])),
          (int) (facts[CHARACTERS] >>> Integer.SIZE), (int) facts[CHARACTERS]);
    }

    /** @param lengths the fact of that number */
    static int promptLength(long lengths) {
      return (int) (lengths >>> Integer.SIZE);
    }

    /** Lengths of both answers as texts, as scores, from the fact of that number. */
    static PairScores characters(long characters) {
      return new PairScores((int) (characters >>> Integer.SIZE), (int) characters);
    }

    private static long both(int first, int second) {
      return (long) first << Integer.SIZE | second;
    }
  }
}
