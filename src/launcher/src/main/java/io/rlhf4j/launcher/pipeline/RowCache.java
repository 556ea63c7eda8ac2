package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.DataRow;
import io.rlhf4j.data.RowCodec;
import io.rlhf4j.data.RowStore;
import io.rlhf4j.data.RowStoreWriter;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.train.Checkpoint;
import io.rlhf4j.train.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The rows of data files as tokens in files of their own, for {@code data.streaming}: written once, with checksums, and
 * found again by an interrupted run.
 *
 * @param directory for {@link RowStore#open}
 * @param notes what was skipped or cut, a line for each data file
 */
public record RowCache(Path directory, List<String> notes) {

  private static final String IDENTITY = "identity";
  private static final String NOTES = "notes";

  public RowCache {
    notes = List.copyOf(notes);
  }

  /** Reads data files. */
  @FunctionalInterface
  public interface Filler {

    /**
     * @param target an empty directory
     * @param notes takes what was skipped or cut
     */
    void fill(Path target, List<String> notes) throws IOException;
  }

  /** Takes the rows of a data file. */
  @FunctionalInterface
  public interface Reading<T extends DataRow> {

    /** @param sink takes a row, or says why it cannot be used */
    SkippedRows each(Function<T, Optional<SkipReason>> sink);
  }

  /** Rows in their order, each read when it is asked for; closing them closes their files. */
  public record Rows<T>(List<T> all, List<String> notes, RowStore<T> store) implements AutoCloseable {

    @Override
    public void close() {
      store.close();
    }
  }

  /**
   * Reads the files, unless that has been done for the same identity.
   *
   * @param directory where the tokens are to lie
   * @param identity see {@link #identity}
   */
  public static RowCache open(Path directory, String identity, Filler filler) {
    CheckpointStore cache = new CheckpointStore(directory, 1);
    Checkpoint files = cache.latest().filter(found -> found.progress().path(IDENTITY).asText().equals(identity))
        .orElseGet(() -> write(cache, identity, filler));
    List<String> notes = new ArrayList<>();
    files.progress().path(NOTES).forEach(note -> notes.add(note.asText()));
    return new RowCache(files.directory(), notes);
  }

  private static Checkpoint write(CheckpointStore cache, String identity, Filler filler) {
    cache.clear();
    try {
      ObjectNode progress = JsonNodeFactory.instance.objectNode().put(IDENTITY, identity);
      return cache.write(0, progress, target -> {
        List<String> notes = new ArrayList<>();
        filler.fill(target, notes);
        notes.forEach(progress.putArray(NOTES)::add);
      });
    } catch (RuntimeException e) {
      cache.clear();
      throw e;
    }
  }

  /**
   * As {@link #open}, all rows in the order in which the filler adds them.
   *
   * @param filler adds rows
   */
  public static <T> Rows<T> rows(Path directory, String identity, RowCodec<T> codec, RowsFiller<T> filler) {
    RowCache cache = open(directory, identity, (target, notes) -> {
      try (RowStoreWriter<T> writer = new RowStoreWriter<>(target, codec)) {
        filler.fill(writer, notes);
      }
    });
    RowStore<T> store = RowStore.open(cache.directory(), codec);
    return new Rows<>(store.all(), cache.notes(), store);
  }

  /** Adds the rows of data files to a store. */
  @FunctionalInterface
  public interface RowsFiller<T> {

    /** @param notes takes what was skipped or cut */
    void fill(RowStoreWriter<T> writer, List<String> notes);
  }

  /**
   * Reads one data file to its end.
   *
   * @return how many rows could be used
   * @throws InputException if none could
   */
  public static <T extends DataRow> long read(Path file, List<String> notes, Reading<T> reading,
      Function<T, Optional<SkipReason>> sink) {
    long[] used = {0};
    SkippedRows skipped = reading.each(row -> {
      Optional<SkipReason> reason = sink.apply(row);
      used[0] += reason.isEmpty() ? 1 : 0;
      return reason;
    });
    if (used[0] == 0) {
      throw skipped.summary().map(summary -> new InputException(summary + "; none is left"))
          .orElseGet(() -> InputException.in(file, "has no rows"));
    }
    skipped.summary().ifPresent(notes::add);
    return used[0];
  }

  /**
   * What stored tokens belong to; a changed file has another size or time.
   *
   * @param settings everything else that they depend on
   */
  public static String identity(String settings, Stream<Path> files) {
    StringBuilder identity = new StringBuilder(settings);
    files.forEach(file -> {
      try {
        identity.append('/').append(Files.size(file)).append('@').append(Files.getLastModifiedTime(file).toMillis());
      } catch (IOException e) {
        throw InputException.in(file, "cannot be read (" + e.getMessage() + ")");
      }
    });
    return identity.toString();
  }
}
