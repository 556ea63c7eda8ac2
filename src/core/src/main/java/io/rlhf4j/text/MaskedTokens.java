package io.rlhf4j.text;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A rendered conversation.
 *
 * @param tokens token ids, {@code [time]}
 * @param trained whether the token belongs to what the assistant says, end of turn included, {@code [time]}
 */
public record MaskedTokens(int[] tokens, boolean[] trained) {

  public MaskedTokens {
    if (tokens.length != trained.length) {
      throw new IllegalArgumentException(tokens.length + " tokens but " + trained.length + " marks");
    }
  }

  /** SHA-256 of tokens and marks of all sequences in their order, in hexadecimal. */
  public static String fingerprint(List<MaskedTokens> sequences) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (MaskedTokens sequence : sequences) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (sequence.length() + 1) + sequence.length());
        bytes.putInt(sequence.length());
        for (int t = 0; t < sequence.length(); t++) {
          bytes.putInt(sequence.tokens[t]).put((byte) (sequence.trained[t] ? 1 : 0));
        }
        digest.update(bytes.flip());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public int length() {
    return tokens.length;
  }

  /** Index of the first token that the assistant says; the number of tokens if there is none. */
  public int firstTrained() {
    int first = 0;
    while (first < trained.length && !trained[first]) {
      first++;
    }
    return first;
  }

  /** Tokens that count in a loss; the first token never does, because nothing predicts it. */
  public int trainedTokens() {
    int count = 0;
    for (int t = 1; t < trained.length; t++) {
      count += trained[t] ? 1 : 0;
    }
    return count;
  }
}
