package io.rlhf4j.rpc;

import java.util.ArrayDeque;
import java.util.Deque;

/** Arrays, each for one message with a model chunk, which are used again and again. Any thread may call. */
final class ChunkBuffers {

  /** A full chunk with its fields. */
  static final int CAPACITY = ModelFiles.CHUNK_BYTES + 1024;

  /** What one call holds at a time, twice. */
  private static final int KEPT = 4;

  private final Deque<byte[]> free = new ArrayDeque<>(KEPT);

  synchronized byte[] take() {
    byte[] known = free.poll();
    return known == null ? new byte[CAPACITY] : known;
  }

  synchronized void giveBack(byte[] buffer) {
    if (free.size() < KEPT) {
      free.push(buffer);
    }
  }
}
