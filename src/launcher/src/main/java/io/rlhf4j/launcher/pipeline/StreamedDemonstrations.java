package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.MaskedTokensCodec;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowOrder;
import io.rlhf4j.data.RowStore;
import io.rlhf4j.data.RowStoreWriter;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Files of demonstrations with {@code data.streaming}, see {@link RowCache}. */
public final class StreamedDemonstrations implements AutoCloseable {

  private final RowStore<MaskedTokens> store;
  private final List<String> notes;

  private StreamedDemonstrations(RowCache cache) {
    store = RowStore.open(cache.directory(), new MaskedTokensCodec());
    notes = cache.notes();
  }

  /**
   * Reads the files, unless an interrupted run has done so.
   *
   * @param directory where the tokens lie
   * @param identity of settings and files, see {@link RowCache#identity}
   * @param maxLength longest sequence, tokens
   * @throws io.rlhf4j.config.InputException if no row of a file can be used
   */
  public static StreamedDemonstrations open(Path directory, String identity, ChatRenderer renderer, List<Path> files,
      int maxLength, SftConfig config) {
    return new StreamedDemonstrations(RowCache.open(directory, identity, (target, notes) -> {
      try (RowStoreWriter<MaskedTokens> writer = new RowStoreWriter<>(target, new MaskedTokensCodec())) {
        for (int i = 0; i < files.size(); i++) {
          write(i, files.get(i), renderer, maxLength, config, writer, notes);
        }
      }
    }));
  }

  private static void write(int number, Path file, ChatRenderer renderer, int maxLength, SftConfig config,
      RowStoreWriter<MaskedTokens> writer, List<String> notes) {
    RowCache.<SftExample>read(file, notes, sink -> SftReader.each(file, sink), example -> {
      MaskedTokens sequence = SftStage.encode(renderer, file, example, config);
      if (sequence.length() > maxLength) {
        return Optional.of(SkipReason.TOO_LONG);
      }
      writer.add(number, 0, sequence);
      return Optional.empty();
    });
  }

  /** The rows of one file, each read when it is asked for. */
  public List<MaskedTokens> part(int file) {
    return store.select(store.part(file).rows());
  }

  /**
   * The rows of the first files, one file after the other, each as often as its weight says.
   *
   * @param weights of those files
   */
  public List<MaskedTokens> weighted(List<Double> weights, long seed) {
    List<RowNumbers> parts = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      parts.add(RowOrder.weighted(store.part(i).rows(), weights.get(i), seed));
    }
    return store.select(RowOrder.joined(parts, store.space()));
  }

  /** What was skipped, a line for each file. */
  public List<String> notes() {
    return notes;
  }

  @Override
  public void close() {
    store.close();
  }
}
