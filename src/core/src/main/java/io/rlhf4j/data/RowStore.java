package io.rlhf4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.AbstractList;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Tokenised rows in two files: {@code rows.bodies}, one row after the other, and {@code rows.index}, an entry of fixed
 * size for each. Nothing stays on the heap: the index is read as memory, and what has a number for each row has its
 * {@link #space} in further files. {@link RowStoreWriter} writes them. One thread at a time.
 *
 * @param <T> the kind of row
 */
public final class RowStore<T> implements AutoCloseable {

  static final String BODIES = "rows.bodies";
  static final String INDEX = "rows.index";
  private static final int LENGTH_AT = Long.BYTES;
  private static final int PART_AT = LENGTH_AT + Integer.BYTES;
  private static final int QUESTION_AT = PART_AT + Integer.BYTES;
  private static final int FACTS_AT = QUESTION_AT + Long.BYTES;

  private final RowCodec<T> codec;
  private final FileChannel bodies;
  private final MappedBytes index;
  private final int entryBytes;
  private final int size;
  private final RowSpace space;

  private RowStore(RowCodec<T> codec, Path directory, FileChannel bodies, FileChannel index) throws IOException {
    this.codec = codec;
    this.bodies = bodies;
    this.entryBytes = Entry.bytes(codec.factCount());
    this.size = Math.toIntExact(index.size() / entryBytes);
    this.index = MappedBytes.of(index);
    this.space = RowSpace.in(directory);
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
      return FACTS_AT + facts * Long.BYTES;
    }

    void put(ByteBuffer to) {
      to.putLong(offset).putInt(length).putInt(part).putLong(question);
      for (long fact : facts) {
        to.putLong(fact);
      }
    }
  }

  /** Opens what a writer has left in a directory. */
  public static <T> RowStore<T> open(Path directory, RowCodec<T> codec) {
    try {
      FileChannel bodies = FileChannel.open(directory.resolve(BODIES), StandardOpenOption.READ);
      try (FileChannel index = FileChannel.open(directory.resolve(INDEX), StandardOpenOption.READ)) {
        return new RowStore<>(codec, directory, bodies, index);
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

  /** Where arrays of a length that goes with the rows lie. */
  public RowSpace space() {
    return space;
  }

  /** The rows of a file. */
  public final class Part {

    private final RowNumbers rows;

    private Part(RowNumbers rows) {
      this.rows = rows;
    }

    /** Their numbers, ascending. */
    public RowNumbers rows() {
      return rows;
    }

    /** The group of each by its question, for {@link Split#ofGroups}. */
    public RowNumbers questions() {
      return RowOrder.groups(at -> index.getLong(at(rows.number(at)) + QUESTION_AT), rows.size(), space);
    }
  }

  /** @param part number of the file; the rows of one lie one after the other */
  public Part part(int part) {
    int from = firstOf(part);
    return new Part(RowNumbers.range(from, firstOf(part + 1), space));
  }

  /** The first row of a part or of a later one. */
  private int firstOf(int part) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (index.getInt(at(middle) + PART_AT) < part) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** All rows in their order, each is read when it is asked for. */
  public List<T> all() {
    return select(RowNumbers.all(size, space));
  }

  /** Some of the rows, some perhaps several times, in any order; each is read when it is asked for. */
  public List<T> select(RowNumbers rows) {
    class Selected extends AbstractList<T> implements RandomAccess, Spacious {
      @Override
      public T get(int at) {
        return RowStore.this.get(rows.number(at));
      }

      @Override
      public int size() {
        return rows.size();
      }

      @Override
      public RowSpace space() {
        return space;
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
    long at = at(row);
    long[] facts = new long[codec.factCount()];
    for (int i = 0; i < facts.length; i++) {
      facts[i] = fact(row, i);
    }
    return new Entry(index.getLong(at), length(row), index.getInt(at + PART_AT), index.getLong(at + QUESTION_AT),
        facts);
  }

  /** Bytes of the body of a row. */
  public int length(int row) {
    return index.getInt(at(row) + LENGTH_AT);
  }

  /** One of the facts of a row. */
  public long fact(int row, int number) {
    return index.getLong(at(row) + FACTS_AT + (long) number * Long.BYTES);
  }

  private long at(int row) {
    return (long) Objects.checkIndex(row, size) * entryBytes;
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
    try {
      bodies.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
