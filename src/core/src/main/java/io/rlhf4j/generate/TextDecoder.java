package io.rlhf4j.generate;

/** Reads tokens as text, special tokens spelled out. */
@FunctionalInterface
public interface TextDecoder {

  String decode(int[] tokens);
}
