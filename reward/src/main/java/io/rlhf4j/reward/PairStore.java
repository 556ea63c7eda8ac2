package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Pairs in two files: {@code pairs.tokens}, the ids of one pair after the other, and {@code pairs.index}, an entry of
 * fixed size for each. Nothing stays in memory. {@link PairStoreWriter} writes them. One thread at a time.
 */
public final class PairStore implements AutoCloseable {

  static final String TOKENS = "pairs.tokens";
  static final String INDEX = "pairs.index";
  /** Entries of the index that are read at once when all of them are needed. */
  private static final int STRETCH = 4096;

  private final FileChannel tokens;
  private final FileChannel index;
  private final int size;
  private final ByteBuffer entry = ByteBuffer.allocate(Entry.BYTES);

  private PairStore(FileChannel tokens, FileChannel index) throws IOException {
    this.tokens = tokens;
    this.index = index;
    this.size = Math.toIntExact(index.size() / Entry.BYTES);
  }

  /**
   * What is known of a pair without its tokens.
   *
   * @param offset of its tokens, bytes
   * @param question hash of the prompt as the row has it: pairs with the same one are held out together
   * @param prompt hash of the prompt's tokens
   * @param promptLength tokens
   * @param chosenLength tokens of the chosen answer
   * @param rejectedLength tokens of the rejected answer
   * @param chosenCharacters length of the chosen answer's text
   * @param rejectedCharacters length of the rejected answer's text
   * @param part number of the file that it comes from
   */
  record Entry(long offset, long question, long prompt, double margin, int promptLength, int chosenLength,
      int rejectedLength, int chosenCharacters, int rejectedCharacters, int part) {

    static final int BYTES = 4 * Long.BYTES + 6 * Integer.BYTES;

    void put(ByteBuffer to) {
      to.putLong(offset).putLong(question).putLong(prompt).putDouble(margin).putInt(promptLength).putInt(chosenLength)
          .putInt(rejectedLength).putInt(chosenCharacters).putInt(rejectedCharacters).putInt(part);
    }

    static Entry get(ByteBuffer from) {
      return new Entry(from.getLong(), from.getLong(), from.getLong(), from.getDouble(), from.getInt(), from.getInt(),
          from.getInt(), from.getInt(), from.getInt(), from.getInt());
    }

    int storedTokens() {
      return promptLength + chosenLength + rejectedLength;
    }
  }

  /** Opens what a writer has left in a directory. */
  public static PairStore open(Path directory) {
    try {
      return new PairStore(FileChannel.open(directory.resolve(TOKENS), StandardOpenOption.READ),
          FileChannel.open(directory.resolve(INDEX), StandardOpenOption.READ));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the pairs in " + directory, e);
    }
  }

  public int size() {
    return size;
  }

  /**
   * Numbers of the pairs of a file and the group of each by its prompt.
   *
   * @param rows in their order
   * @param questions for {@link io.rlhf4j.data.Split#ofGroups}
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

  /** Lengths of both answers of a pair as texts, as scores: the longer one scores higher. */
  public PairScores lengths(int row) {
    Entry one = entry(row);
    return new PairScores(one.chosenCharacters(), one.rejectedCharacters());
  }

  /** Some of the pairs, some perhaps several times, in any order. */
  public PairSource select(int[] rows) {
    return new PairSource() {
      @Override
      public int size() {
        return rows.length;
      }

      @Override
      public TokenizedPair get(int pair) {
        return read(rows[pair]);
      }

      @Override
      public int[] prompts() {
        long[] all = new long[PairStore.this.size];
        forEach((row, one) -> all[row] = one.prompt());
        return Batches.groups(Arrays.stream(rows).mapToLong(row -> all[row]).toArray());
      }

      @Override
      public int tokens(int pair) {
        Entry one = entry(rows[pair]);
        return one.storedTokens() + one.promptLength();
      }

      @Override
      public int packedTokens(int pair) {
        return entry(rows[pair]).storedTokens();
      }
    };
  }

  private TokenizedPair read(int row) {
    Entry one = entry(row);
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * one.storedTokens());
    read(tokens, bytes, one.offset());
    int[] ids = new int[one.storedTokens()];
    bytes.asIntBuffer().get(ids);
    int[] prompt = Arrays.copyOf(ids, one.promptLength());
    int middle = one.promptLength() + one.chosenLength();
    return new TokenizedPair(TokenSequence.of(prompt, Arrays.copyOfRange(ids, one.promptLength(), middle)),
        TokenSequence.of(prompt, Arrays.copyOfRange(ids, middle, ids.length)), one.margin());
  }

  private Entry entry(int row) {
    entry.clear();
    read(index, entry, (long) row * Entry.BYTES);
    return Entry.get(entry);
  }

  private interface EntryConsumer {
    void accept(int row, Entry entry);
  }

  private void forEach(EntryConsumer consumer) {
    ByteBuffer stretch = ByteBuffer.allocate(STRETCH * Entry.BYTES);
    for (int row = 0; row < size;) {
      int count = Math.min(STRETCH, size - row);
      stretch.clear().limit(count * Entry.BYTES);
      read(index, stretch, (long) row * Entry.BYTES);
      for (int i = 0; i < count; i++) {
        consumer.accept(row++, Entry.get(stretch));
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
      throw new UncheckedIOException("cannot read the files of tokenised pairs", e);
    }
  }

  @Override
  public void close() {
    try (tokens; index) {
      // Nothing else to give back.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
