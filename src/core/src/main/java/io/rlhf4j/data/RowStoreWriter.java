package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Writes rows for {@link RowStore}, one after the other. One thread at a time.
 *
 * @param <T> the kind of row
 */
public final class RowStoreWriter<T> implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final RowCodec<T> codec;
  private final Output bodies;
  private final Output index;
  private long offset;
  private int lastPart;

  /** @param directory an empty one */
  public RowStoreWriter(Path directory, RowCodec<T> codec) throws IOException {
    this.codec = codec;
    bodies = new Output(directory.resolve(RowStore.BODIES));
    try {
      index = new Output(directory.resolve(RowStore.INDEX));
    } catch (IOException e) {
      bodies.close();
      throw e;
    }
  }

  /**
   * @param part number of the file that the row comes from, never smaller than that of the row before
   * @param question rows with the same one are held out together, see {@link #hash}
   */
  public void add(int part, long question, T row) {
    if (part < lastPart) {
      throw new IllegalArgumentException("a row of file " + part + " behind one of file " + lastPart);
    }
    lastPart = part;
    ByteBuffer body = codec.body(row);
    RowStore.Entry entry = new RowStore.Entry(offset, body.remaining(), part, question, codec.facts(row));
    offset += body.remaining();
    try {
      bodies.put(body);
      ByteBuffer known = ByteBuffer.allocate(RowStore.Entry.bytes(codec.factCount()));
      entry.put(known);
      index.put(known.flip());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the files of tokenised rows", e);
    }
  }

  /** 64 bits of a prompt: two of a hundred million are taken for one with a chance of one in four thousand. */
  public static long hash(List<ChatMessage> prompt) {
    MessageDigest digest = sha256();
    for (ChatMessage turn : prompt) {
      for (String text : new String[] {turn.role(), turn.content()}) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
      }
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** Likewise of the first tokens of a sequence. */
  public static long hash(int[] ids, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * count);
    bytes.asIntBuffer().put(ids, 0, count);
    return ByteBuffer.wrap(sha256().digest(bytes.array())).getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    try (bodies; index) {
      bodies.flush();
      index.flush();
    }
  }

  private static final class Output implements AutoCloseable {

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    Output(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    void put(ByteBuffer bytes) throws IOException {
      if (buffer.remaining() < bytes.remaining()) {
        flush();
      }
      if (buffer.remaining() < bytes.remaining()) {
        write(bytes);
      } else {
        buffer.put(bytes);
      }
    }

    void flush() throws IOException {
      write(buffer.flip());
      buffer.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
