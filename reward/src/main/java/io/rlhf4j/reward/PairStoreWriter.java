package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.rl.TokenSequence;
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

/** Writes pairs for {@link PairStore}, one after the other. One thread at a time. */
public final class PairStoreWriter implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final Output tokens;
  private final Output index;
  private long offset;

  /** @param directory an empty one */
  public PairStoreWriter(Path directory) throws IOException {
    tokens = new Output(directory.resolve(PairStore.TOKENS));
    index = new Output(directory.resolve(PairStore.INDEX));
  }

  /** @param part number of the file that the row comes from */
  public void add(int part, PreferencePair row, TokenizedPair pair) {
    TokenSequence chosen = pair.chosen();
    TokenSequence rejected = pair.rejected();
    int prompt = chosen.promptLength();
    PairStore.Entry entry = new PairStore.Entry(offset, question(row), hash(chosen.tokens(), prompt), pair.margin(),
        prompt, chosen.length() - prompt, rejected.length() - prompt, row.chosenLength(), row.rejectedLength(), part);
    try {
      tokens.put(chosen.tokens(), 0);
      tokens.put(rejected.tokens(), prompt);
      entry.put(index.room(PairStore.Entry.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the files of tokenised pairs", e);
    }
    offset += (long) Integer.BYTES * entry.storedTokens();
  }

  private static long question(PreferencePair row) {
    if (row.tokens() != null) {
      return hash(row.tokens().prompt(), row.tokens().prompt().length);
    }
    MessageDigest digest = sha256();
    for (ChatMessage turn : row.prompt()) {
      for (String text : new String[] {turn.role(), turn.content()}) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
      }
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** 64 bits: two of a hundred million prompts are taken for one with a chance of one in four thousand. */
  private static long hash(int[] ids, int count) {
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
    try (tokens; index) {
      tokens.flush();
      index.flush();
    }
  }

  private static final class Output implements AutoCloseable {

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    Output(Path file) throws IOException {
      channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    /** The buffer with at least so many bytes left. */
    ByteBuffer room(int bytes) throws IOException {
      if (buffer.remaining() < bytes) {
        flush();
      }
      return buffer;
    }

    void put(int[] ids, int from) throws IOException {
      for (int i = from; i < ids.length; i++) {
        room(Integer.BYTES).putInt(ids[i]);
      }
    }

    void flush() throws IOException {
      buffer.flip();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      buffer.clear();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
