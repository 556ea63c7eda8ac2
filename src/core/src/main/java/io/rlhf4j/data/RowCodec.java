package io.rlhf4j.data;

import java.nio.ByteBuffer;

/**
 * How rows are written to a {@link RowStore} and read again.
 *
 * @param <T> the kind of row
 */
public interface RowCodec<T> {

  /** How many {@link #facts} there are. */
  int factCount();

  /** Numbers that are known of a row without reading all of it. */
  long[] facts(T row);

  /** The row itself, ready to be read. */
  ByteBuffer body(T row);

  /** The row again. */
  T read(long[] facts, ByteBuffer body);
}
