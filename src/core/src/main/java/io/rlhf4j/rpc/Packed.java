package io.rlhf4j.rpc;

/** Packed repeated fields as arrays, without boxing. */
final class Packed {

  /** Reads one element. */
  @FunctionalInterface
  interface FloatAt {
    float get(int index);
  }

  /** Reads one element. */
  @FunctionalInterface
  interface IntAt {
    int get(int index);
  }

  private Packed() {}

  static float[] floats(int count, FloatAt at) {
    float[] array = new float[count];
    for (int i = 0; i < count; i++) {
      array[i] = at.get(i);
    }
    return array;
  }

  static int[] ints(int count, IntAt at) {
    int[] array = new int[count];
    for (int i = 0; i < count; i++) {
      array[i] = at.get(i);
    }
    return array;
  }
}
