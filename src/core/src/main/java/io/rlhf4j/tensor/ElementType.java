package io.rlhf4j.tensor;

/** Element types that Java reads and writes; kernels use others (such as bf16) internally. */
public enum ElementType {
  FLOAT32(0, 4), FLOAT64(1, 8), INT32(4, 4), INT64(6, 8), BOOL(7, 1), OTHER(-1, 0);

  private final int djlCode;
  private final int bytes;

  ElementType(int djlCode, int bytes) {
    this.djlCode = djlCode;
    this.bytes = bytes;
  }

  static ElementType ofDjlCode(int code) {
    for (ElementType type : values()) {
      if (type.djlCode == code) {
        return type;
      }
    }
    return OTHER;
  }

  int djlCode() {
    return djlCode;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
