package io.rlhf4j.text;

import java.nio.charset.StandardCharsets;

/**
 * The printable stand-ins for the 256 byte values that byte-level BPE writes into its vocabulary: printable Latin-1
 * bytes stand for themselves, the other 68 take the characters from U+0100 upward, in order. Source: the GPT-2 encoder.
 */
final class ByteAlphabet {

  static final int SIZE = 256;

  private static final char[] CHARACTER_OF_BYTE = characterOfByte();

  private ByteAlphabet() {}

  static char characterOf(int unsignedByte) {
    return CHARACTER_OF_BYTE[unsignedByte];
  }

  /** The UTF-8 bytes of the text, one stand-in character each. */
  static String spell(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    char[] spelled = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      spelled[i] = CHARACTER_OF_BYTE[bytes[i] & 0xFF];
    }
    return new String(spelled);
  }

  private static char[] characterOfByte() {
    char[] table = new char[SIZE];
    char next = 0x100;
    for (int b = 0; b < SIZE; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      table[b] = printable ? (char) b : next++;
    }
    return table;
  }
}
