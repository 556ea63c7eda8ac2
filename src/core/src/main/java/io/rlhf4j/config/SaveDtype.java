package io.rlhf4j.config;

/** The numbers in which weights are written to a saved model; a constant's name is that of {@code torch_dtype}. */
public enum SaveDtype {
  /** What training computed, to the bit. */
  FLOAT32,
  /** Half of the bytes, 8 significant bits. */
  BFLOAT16,
  /** Half of the bytes, 11 significant bits, up to 65504. */
  FLOAT16,
  /** That of the files which the model was read from. */
  AUTO
}
