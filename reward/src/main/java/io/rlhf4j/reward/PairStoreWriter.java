package io.rlhf4j.reward;

import io.rlhf4j.data.PairTokens;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowStoreWriter;
import java.io.IOException;
import java.nio.file.Path;

/** Writes pairs for {@link PairStore}, one after the other. One thread at a time. */
public final class PairStoreWriter implements AutoCloseable {

  private final RowStoreWriter<StoredPair> rows;

  /** @param directory an empty one */
  public PairStoreWriter(Path directory) throws IOException {
    rows = new RowStoreWriter<>(directory, new StoredPair.Codec());
  }

  /** @param part number of the file that the row comes from */
  public void add(int part, PreferencePair row, TokenizedPair pair) {
    PairTokens tokens = row.tokens();
    long question = tokens == null ? RowStoreWriter.hash(row.prompt())
        : RowStoreWriter.hash(tokens.prompt(), tokens.prompt().length);
    rows.add(part, question, StoredPair.of(row, pair));
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }
}
