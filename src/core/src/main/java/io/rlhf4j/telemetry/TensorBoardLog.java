package io.rlhf4j.telemetry;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard: a file of TFRecords, each an {@code Event} message.
 *
 * <p>A record is the length (8 bytes, little endian), its masked CRC-32C, the message and the masked CRC-32C of that.
 * Of {@code Event} the fields {@code wall_time = 1}, {@code step = 2}, {@code file_version = 3} and {@code summary = 5}
 * are written, of {@code Summary.Value} {@code tag = 1} and {@code simple_value = 2}. Every call leaves complete
 * records on disk. One thread at a time.
 */
final class TensorBoardLog implements AutoCloseable {

  private static final int MASK_DELTA = 0xa282ead8;

  private final Path file;
  private final Clock clock;
  private final OutputStream out;

  private TensorBoardLog(Path file, Clock clock, OutputStream out) {
    this.file = file;
    this.clock = clock;
    this.out = out;
  }

  /** Starts a new event file in {@code directory}, which is made; TensorBoard joins it to those of earlier starts. */
  static TensorBoardLog open(Path directory, Clock clock) {
    Path file = directory.resolve("events.out.tfevents.%d.rlhf4j".formatted(clock.millis()));
    try {
      Files.createDirectories(directory);
      TensorBoardLog log = new TensorBoardLog(file, clock, new BufferedOutputStream(
          Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)));
      log.write(event(log.seconds(), 0, 3, "brain.Event:2".getBytes(StandardCharsets.US_ASCII)));
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /** One value for each tag {@code stage/name}. */
  void scalars(String stage, long step, Map<String, ? extends Number> values) {
    ByteBuffer summary = ByteBuffer.allocate(values.keySet().stream()
        .mapToInt(name -> 32 + 4 * (stage.length() + name.length())).sum());
    values.forEach((name, value) -> {
      byte[] tag = (stage + "/" + name).getBytes(StandardCharsets.UTF_8);
      ByteBuffer one = ByteBuffer.allocate(tag.length + 16).order(ByteOrder.LITTLE_ENDIAN);
      bytes(one, 1, tag);
      one.put((byte) (2 << 3 | 5)).putFloat(value.floatValue());
      bytes(summary, 1, content(one));
    });
    try {
      write(event(seconds(), step, 5, content(summary)));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  private double seconds() {
    return clock.millis() / 1e3;
  }

  private static byte[] event(double seconds, long step, int field, byte[] content) {
    ByteBuffer event = ByteBuffer.allocate(content.length + 48).order(ByteOrder.LITTLE_ENDIAN);
    event.put((byte) (1 << 3 | 1)).putDouble(seconds);
    event.put((byte) (2 << 3));
    varint(event, step);
    bytes(event, field, content);
    return content(event);
  }

  private static void bytes(ByteBuffer target, int field, byte[] content) {
    target.put((byte) (field << 3 | 2));
    varint(target, content.length);
    target.put(content);
  }

  private static void varint(ByteBuffer target, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      target.put((byte) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    target.put((byte) rest);
  }

  private static byte[] content(ByteBuffer buffer) {
    byte[] content = new byte[buffer.position()];
    buffer.flip().get(content);
    return content;
  }

  private void write(byte[] record) throws IOException {
    byte[] length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(record.length).array();
    out.write(length);
    out.write(checksum(length));
    out.write(record);
    out.write(checksum(record));
    out.flush();
  }

  private static byte[] checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }
}
