package io.rlhf4j.reward.process;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Tells whether two runs see the same labelled steps in the same order. */
public final class StepFingerprint {

  private StepFingerprint() {}

  /** SHA-256 of the tokens, step ends and labels of several lists of answers, in hexadecimal. */
  public static String of(List<List<StepExample>> lists) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (List<StepExample> examples : lists) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, examples.size()));
        examples.forEach(example -> digest.update(bytes(example)));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static ByteBuffer bytes(StepExample example) {
    int[] tokens = example.steps().tokens();
    int[] ends = example.steps().ends();
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (tokens.length + 2 * ends.length + 2));
    bytes.putInt(tokens.length).putInt(ends.length);
    for (int token : tokens) {
      bytes.putInt(token);
    }
    for (int i = 0; i < ends.length; i++) {
      bytes.putInt(ends[i]).putFloat(example.labels()[i]);
    }
    return bytes.flip();
  }
}
