package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/** Makes a data set of a file, given how one row is understood. */
final class RowReader {

  private RowReader() {}

  @FunctionalInterface
  interface Parser<T> {

    /** @param index position of the row in its file, from 0 */
    T parse(JsonNode row, long index, long line) throws BadRow;
  }

  /** Gives any number of rows for one in the file. */
  interface Expander<T> {

    void expand(JsonNode row, long line, Consumer<T> rows) throws BadRow;

    /** At the end of the file. */
    default void finish(BiConsumer<Long, SkipReason> skipped) {}
  }

  static <T extends DataRow> DataSet<T> read(Path file, Parser<T> parser) {
    long[] index = {0};
    return expand(file, new Expander<>() {
      @Override
      public void expand(JsonNode row, long line, Consumer<T> rows) throws BadRow {
        rows.accept(parser.parse(row, index[0], line));
      }
    }, index);
  }

  static <T extends DataRow> DataSet<T> expand(Path file, Expander<T> expander) {
    return expand(file, expander, new long[1]);
  }

  private static <T extends DataRow> DataSet<T> expand(Path file, Expander<T> expander, long[] index) {
    var rows = new ArrayList<T>();
    return new DataSet<>(rows, each(file, expander, index, new SkippedRows.Counter(true), rows::add));
  }

  /** As the other, for files of which each row gives one. */
  static <T extends DataRow> SkippedRows each(Path file, Parser<T> parser,
      Function<? super T, Optional<SkipReason>> sink) {
    long[] index = {0};
    var skipped = new SkippedRows.Counter(false);
    Expander<T> one = (row, line, rows) -> rows.accept(parser.parse(row, index[0], line));
    return each(file, one, index, skipped,
        row -> sink.apply(row).ifPresent(reason -> skipped.add(row.line(), reason)));
  }

  /** Gives the rows of a file one after the other and keeps none of them. */
  static <T extends DataRow> SkippedRows each(Path file, Expander<T> expander,
      Function<? super T, Optional<SkipReason>> sink) {
    var skipped = new SkippedRows.Counter(false);
    return each(file, expander, new long[1], skipped,
        row -> sink.apply(row).ifPresent(reason -> skipped.add(row.line(), reason)));
  }

  private static <T> SkippedRows each(Path file, Expander<T> expander, long[] index, SkippedRows.Counter skipped,
      Consumer<T> rows) {
    long[] count = {0};
    JsonRows.read(file, (line, row) -> {
      try {
        index[0] = count[0]++;
        if (row == null) {
          throw new BadRow(SkipReason.MALFORMED_JSON);
        }
        if (!row.isObject()) {
          throw new BadRow(SkipReason.NOT_AN_OBJECT);
        }
        expander.expand(row, line, rows);
      } catch (BadRow bad) {
        skipped.add(line, bad.reason());
      }
    });
    expander.finish(skipped::add);
    return skipped.of(file, count[0]);
  }
}
