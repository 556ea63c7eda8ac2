package io.rlhf4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * Tokenised rows in two files: {@code rows.bodies}, one row after the other, and {@code rows.index}, an entry of fixed
 * size for each. Nothing stays in memory. {@link RowStoreWriter} writes them. One thread at a time.
 *
 * @param <T> the kind of row
 */
public final class RowStore<T> implements AutoCloseable {

  static final String BODIES = "rows.bodies";
  static final String INDEX = "rows.index";
  /** Entries of the index that are read at once when all of them are needed. */
  private static final int STRETCH = 4096;

  private final RowCodec<T> codec;
  private final FileChannel bodies;
  private final FileChannel index;
  private final int size;
  private final ByteBuffer entry;

  private RowStore(RowCodec<T> codec, FileChannel bodies, FileChannel index) throws IOException {
    this.codec = codec;
    this.bodies = bodies;
    this.index = index;
    this.size = Math.toIntExact(index.size() / Entry.bytes(codec.factCount()));
    this.entry = ByteBuffer.allocate(Entry.bytes(codec.factCount()));
  }

  /**
   * What is known of a row without reading all of it.
   *
   * @param offset of its body, bytes
   * @param length of its body, bytes
   * @param part number of the file that it comes from
   * @param question rows with the same one are held out together
   * @param facts those of the codec
   */
  public record Entry(long offset, int length, int part, long question, long[] facts) {

    static int bytes(int facts) {
      return (2 + facts) * Long.BYTES + 2 * Integer.BYTES;
    }

    void put(ByteBuffer to) {
      to.putLong(offset).putInt(length).putInt(part).putLong(question);
      for (long fact : facts) {
        to.putLong(fact);
      }
    }

    private static Entry get(ByteBuffer from, int count) {
      long offset = from.getLong();
      int length = from.getInt();
      int part = from.getInt();
      long question = from.getLong();
      long[] facts = new long[count];
      for (int i = 0; i < count; i++) {
        facts[i] = from.getLong();
      }
      return new Entry(offset, length, part, question, facts);
    }
  }

  /** Opens what a writer has left in a directory. */
  public static <T> RowStore<T> open(Path directory, RowCodec<T> codec) {
    try {
      FileChannel bodies = FileChannel.open(directory.resolve(BODIES), StandardOpenOption.READ);
      try {
        return new RowStore<>(codec, bodies, FileChannel.open(directory.resolve(INDEX), StandardOpenOption.READ));
      } catch (IOException e) {
        bodies.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the rows in " + directory, e);
    }
  }

  public int size() {
    return size;
  }

  /**
   * Numbers of the rows of a file and the group of each by its question.
   *
   * @param rows in their order
   * @param questions for {@link Split#ofGroups}
   */
  public record Part(int[] rows, int[] questions) {}

  /** @param part number of the file */
  public Part part(int part) {
    int[] rows = new int[size];
    long[] questions = new long[size];
    int[] found = {0};
    forEach((row, one) -> {
      if (one.part() == part) {
        rows[found[0]] = row;
        questions[found[0]++] = one.question();
      }
    });
    return new Part(Arrays.copyOf(rows, found[0]), Batches.groups(Arrays.copyOf(questions, found[0])));
  }

  /** Some of the rows, some perhaps several times, in any order; each is read when it is asked for. */
  public List<T> select(int[] rows) {
    class Selected extends AbstractList<T> implements RandomAccess {
      @Override
      public T get(int at) {
        return RowStore.this.get(rows[at]);
      }

      @Override
      public int size() {
        return rows.length;
      }
    }
    return new Selected();
  }

  /** Reads one row. */
  public T get(int row) {
    Entry one = entry(row);
    ByteBuffer body = ByteBuffer.allocate(one.length());
    read(bodies, body, one.offset());
    return codec.read(one.facts(), body);
  }

  /** What is known of a row. */
  public Entry entry(int row) {
    entry.clear();
    read(index, entry, (long) row * entry.capacity());
    return Entry.get(entry, codec.factCount());
  }

  /** Sees the entries of all rows. */
  @FunctionalInterface
  public interface Visitor {

    void visit(int row, Entry entry);
  }

  /** Goes through the index in its order. */
  public void forEach(Visitor visitor) {
    ByteBuffer stretch = ByteBuffer.allocate(STRETCH * entry.capacity());
    for (int row = 0; row < size;) {
      int count = Math.min(STRETCH, size - row);
      stretch.clear().limit(count * entry.capacity());
      read(index, stretch, (long) row * entry.capacity());
      for (int i = 0; i < count; i++) {
        visitor.visit(row++, Entry.get(stretch, codec.factCount()));
      }
    }
  }

  /** Fills the buffer and flips it. */
  private static void read(FileChannel channel, ByteBuffer into, long position) {
    try {
      long at = position;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          throw new IOException("the file ends too early");
        }
        at += count;
      }
      into.flip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the files of tokenised rows", e);
    }
  }

  @Override
  public void close() {
    try (bodies; index) {
      // Nothing else to give back.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
