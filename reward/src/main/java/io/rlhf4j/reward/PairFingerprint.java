package io.rlhf4j.reward;

import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Tells whether two runs see the same pairs in the same order. */
public final class PairFingerprint {

  private PairFingerprint() {}

  /** SHA-256 of the tokens, prompt lengths and margins of several lists of pairs, in hexadecimal. */
  public static String of(List<PairSource> lists) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (PairSource pairs : lists) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, pairs.size()));
        for (TokenizedPair pair : pairs.asList()) {
          update(digest, pair.chosen());
          update(digest, pair.rejected());
          digest.update(ByteBuffer.allocate(Double.BYTES).putDouble(0, pair.margin()));
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, TokenSequence sequence) {
    int[] tokens = sequence.tokens();
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (tokens.length + 2));
    bytes.putInt(sequence.promptLength()).putInt(tokens.length);
    for (int token : tokens) {
      bytes.putInt(token);
    }
    digest.update(bytes.flip());
  }
}
