package io.rlhf4j.rpc;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * The two checksums that every chunk of a file carries: CRC-32C of the chunk, and CRC-32 of the file up to its end.
 * Their polynomials differ, so damage that one of them does not see is seen by the other, and the second one also
 * covers the order of the chunks. Both are instructions of the processor, 40 GB/s where SHA-256 makes 1 GB/s. They tell
 * damage, not malice: whoever can change the bytes can change any checksum that travels with them. TLS keeps those
 * away.
 */
final class FileCheck {

  private final CRC32C chunk = new CRC32C();
  private final CRC32 file = new CRC32();

  /** The next file begins. */
  void begin() {
    file.reset();
  }

  /** The next chunk of the file begins. */
  void beginChunk() {
    chunk.reset();
  }

  /** Takes the next piece of the chunk, from position to limit, and leaves it as it is. */
  void update(ByteBuffer piece) {
    chunk.update(piece.duplicate());
    file.update(piece.duplicate());
  }

  /** CRC-32C of the latest chunk. */
  int chunk() {
    return (int) chunk.getValue();
  }

  /** CRC-32 of the file from its beginning to the end of the latest chunk. */
  int file() {
    return (int) file.getValue();
  }
}
