package io.rlhf4j.telemetry;

import io.rlhf4j.config.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Results that grow beside their final place, window by window, and are renamed when they are complete. A job that was
 * killed goes on behind the last complete window: rows are neither lost nor written twice.
 */
public final class PartFile implements AutoCloseable {

  private final Path target;
  private final Path part;
  private final Path identity;
  private final FileChannel channel;
  private final long rows;
  private final boolean startedOver;

  private PartFile(Path target, Path part, Path identity, FileChannel channel, long rows, boolean startedOver) {
    this.target = target;
    this.part = part;
    this.identity = identity;
    this.channel = channel;
    this.rows = rows;
    this.startedOver = startedOver;
  }

  /**
   * @param job what makes the results what they are; results of another job are not continued
   * @param windowRows rows that are written at once; what is left of an incomplete window goes
   */
  public static PartFile open(Path target, String job, int windowRows) {
    Path part = target.resolveSibling("." + target.getFileName() + ".part");
    Path identity = target.resolveSibling("." + target.getFileName() + ".job");
    try {
      if (target.toAbsolutePath().getParent() != null) {
        Files.createDirectories(target.toAbsolutePath().getParent());
      }
      boolean found = Files.exists(part);
      boolean same = found && Files.exists(identity) && Files.readString(identity).equals(job);
      if (!same) {
        Files.deleteIfExists(part);
        AtomicFiles.writeText(identity, job);
      }
      FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      return new PartFile(target, part, identity, channel, keepWindows(channel, windowRows),
          found && !same);
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Cuts the file behind its last complete window and returns how many rows are left. */
  private static long keepWindows(FileChannel channel, int windowRows) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    long rows = 0;
    long position = 0;
    long kept = 0;
    while (channel.read(buffer.clear()) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        position++;
        if (buffer.get() == '\n' && ++rows % windowRows == 0) {
          kept = position;
        }
      }
    }
    channel.truncate(kept).position(kept);
    return rows - rows % windowRows;
  }

  /** Rows that an earlier job left. */
  public long rows() {
    return rows;
  }

  /** Whether an earlier job had left rows that belong to another job and were thrown away. */
  public boolean startedOver() {
    return startedOver;
  }

  public void append(List<String> window) {
    var bytes = new ByteArrayOutputStream();
    for (String line : window) {
      bytes.writeBytes(line.getBytes(StandardCharsets.UTF_8));
      bytes.write('\n');
    }
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Everything is there: the file takes its place. */
  public void complete() {
    try {
      channel.force(true);
      channel.close();
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(identity);
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
