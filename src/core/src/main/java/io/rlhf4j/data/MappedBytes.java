package io.rlhf4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of any length as memory. Its pages are those of the file: the operating system writes them out when it needs
 * the room, and nothing of it is on the Java heap. The mapping ends when the object is collected.
 */
final class MappedBytes {

  /** One mapping has at most 2 GiB; numbers of 4 and 8 bytes at multiples of their size never cross a border. */
  private static final int CHUNK_BITS = 30;
  private static final int WITHIN = (1 << CHUNK_BITS) - 1;
  private static final int ZEROS = 1 << 16;

  private final MappedByteBuffer[] chunks;

  private MappedBytes(FileChannel channel, FileChannel.MapMode mode, long bytes) throws IOException {
    chunks = new MappedByteBuffer[Math.toIntExact((bytes + WITHIN) >> CHUNK_BITS)];
    for (int i = 0; i < chunks.length; i++) {
      long from = (long) i << CHUNK_BITS;
      chunks[i] = channel.map(mode, from, Math.min(bytes - from, 1L << CHUNK_BITS));
    }
  }

  /** A file as it is. */
  static MappedBytes of(FileChannel channel) throws IOException {
    return new MappedBytes(channel, FileChannel.MapMode.READ_ONLY, channel.size());
  }

  /**
   * Zeros in a new file that is gone when nobody looks at it any more, and at the latest with the process.
   *
   * @param directory where there is room for it
   */
  static MappedBytes scratch(Path directory, long bytes) {
    try {
      Path file = Files.createTempFile(directory, "rows-", ".scratch");
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE)) {
        // A page that gets its place on a full disk only when it is written to would end the process.
        ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(ZEROS, bytes));
        for (long done = 0; done < bytes;) {
          zeros.clear().limit((int) Math.min(ZEROS, bytes - done));
          done += channel.write(zeros);
        }
        return new MappedBytes(channel, FileChannel.MapMode.READ_WRITE, bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + bytes + " bytes into " + directory, e);
    }
  }

  int getInt(long at) {
    return chunks[(int) (at >>> CHUNK_BITS)].getInt((int) at & WITHIN);
  }

  void putInt(long at, int value) {
    chunks[(int) (at >>> CHUNK_BITS)].putInt((int) at & WITHIN, value);
  }

  long getLong(long at) {
    return chunks[(int) (at >>> CHUNK_BITS)].getLong((int) at & WITHIN);
  }

  void putLong(long at, long value) {
    chunks[(int) (at >>> CHUNK_BITS)].putLong((int) at & WITHIN, value);
  }
}
