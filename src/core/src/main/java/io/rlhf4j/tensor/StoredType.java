package io.rlhf4j.tensor;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;

/** Element types of a safetensors file. Floating types are read as fp32, all others as int64. */
public enum StoredType {
  F64(8), F32(4), F16(2), BF16(2), I64(8), I32(4), I16(2), I8(1), U8(1), BOOL(1);

  private static final int EXPONENT_MASK = 0x7F800000;
  private static final short BF16_NAN = 0x7FC0;

  private final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element in the file. */
  public int bytes() {
    return bytes;
  }

  /** The type of a tensor that was read from this one. */
  public ElementType elementType() {
    return switch (this) {
      case F64, F32, F16, BF16 -> ElementType.FLOAT32;
      case I64, I32, I16, I8, U8, BOOL -> ElementType.INT64;
    };
  }

  /** True if file and memory hold the same bytes, so that no conversion is needed. */
  boolean sameInMemory() {
    return this == F32 || this == I64;
  }

  /** Converts all remaining elements of {@code stored} and advances {@code memory} by as many elements. */
  void decode(ByteBuffer stored, ByteBuffer memory) {
    int count = stored.remaining() / bytes;
    switch (elementType()) {
      case FLOAT32 -> decodeFloats(stored, memory.asFloatBuffer(), count);
      default -> decodeLongs(stored, memory.asLongBuffer(), count);
    }
    memory.position(memory.position() + count * elementType().bytes());
  }

  private void decodeFloats(ByteBuffer stored, FloatBuffer floats, int count) {
    ShortBuffer shorts = stored.asShortBuffer();
    int base = stored.position();
    for (int i = 0; i < count; i++) {
      floats.put(i, switch (this) {
        case BF16 -> Float.intBitsToFloat(shorts.get(i) << 16);
        case F16 -> Float.float16ToFloat(shorts.get(i));
        case F32 -> stored.getFloat(base + 4 * i);
        case F64 -> (float) stored.getDouble(base + 8 * i);
        case I64, I32, I16, I8, U8, BOOL -> throw new AssertionError(this);
      });
    }
  }

  private void decodeLongs(ByteBuffer stored, LongBuffer longs, int count) {
    int base = stored.position();
    for (int i = 0; i < count; i++) {
      longs.put(i, switch (this) {
        case I64 -> stored.getLong(base + 8 * i);
        case I32 -> stored.getInt(base + 4 * i);
        case I16 -> stored.getShort(base + 2 * i);
        case I8 -> stored.get(base + i);
        case U8, BOOL -> stored.get(base + i) & 0xFF;
        case F64, F32, F16, BF16 -> throw new AssertionError(this);
      });
    }
  }

  /**
   * Converts fp32 values to this floating type, rounding to nearest, ties to even, until one of the buffers is full or
   * empty. Only for {@link #BF16} and {@link #F16}; values beyond the range become infinite.
   */
  void encode(FloatBuffer values, ByteBuffer stored) {
    int count = Math.min(values.remaining(), stored.remaining() / bytes);
    ShortBuffer shorts = stored.asShortBuffer();
    int base = values.position();
    for (int i = 0; i < count; i++) {
      float value = values.get(base + i);
      shorts.put(i, this == BF16 ? toBfloat16(value) : Float.floatToFloat16(value));
    }
    values.position(base + count);
    stored.position(stored.position() + count * bytes);
  }

  /** The upper half of the fp32 bits, rounded to nearest, ties to even. */
  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & ~0x80000000) > EXPONENT_MASK) {
      return BF16_NAN;
    }
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
