package io.rlhf4j.trust;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** The secret that all nodes share. Comparisons take the same time whatever differs. */
public final class Token {

  /** Shorter ones can be guessed. */
  private static final int MIN_CHARS = 16;

  private static final String MAC = "HmacSHA256";

  private final String text;

  private Token(String text) {
    this.text = text;
  }

  /**
   * Reads a file with one line.
   *
   * @throws InputException if it cannot be read, is too short, or cannot travel in a header
   */
  public static Token read(Path file) {
    String text;
    try {
      text = Files.readString(file).strip();
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read as the token: " + PemFiles.reason(e));
    }
    if (text.length() < MIN_CHARS) {
      throw InputException.in(file,
          "the token has " + text.length() + " characters, must have at least " + MIN_CHARS);
    }
    if (!text.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw InputException.in(file, "the token must be one line of printable ASCII without spaces");
    }
    return new Token(text);
  }

  /** As it travels over an encrypted connection. */
  public String text() {
    return text;
  }

  /** Whether somebody showed this token. */
  public boolean matches(@Nullable String shown) {
    return equal(text, shown == null ? "" : shown);
  }

  /** Shows that one has the token without telling it. */
  public String proof(String purpose) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), MAC));
      return HexFormat.of().formatHex(mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JVM has " + MAC, e);
    }
  }

  /** Compares in a time that does not depend on where the two differ. */
  public static boolean equal(String a, String b) {
    return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  /** Keeps it out of logs. */
  @Override
  public String toString() {
    return "Token[hidden]";
  }
}
