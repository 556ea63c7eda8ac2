package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Makes a data set of a file, given how one row is understood. */
final class RowReader {

  private RowReader() {}

  @FunctionalInterface
  interface Parser<T> {

    /** @param index position of the row in its file, from 0 */
    T parse(JsonNode row, long index, long line) throws BadRow;
  }

  static <T extends DataRow> DataSet<T> read(Path file, Parser<T> parser) {
    var rows = new ArrayList<T>();
    Map<SkipReason, List<Long>> skipped = new EnumMap<>(SkipReason.class);
    long[] count = {0};
    JsonRows.read(file, (line, row) -> {
      try {
        long index = count[0]++;
        if (row == null) {
          throw new BadRow(SkipReason.MALFORMED_JSON);
        }
        if (!row.isObject()) {
          throw new BadRow(SkipReason.NOT_AN_OBJECT);
        }
        rows.add(parser.parse(row, index, line));
      } catch (BadRow bad) {
        skipped.computeIfAbsent(bad.reason(), reason -> new ArrayList<>()).add(line);
      }
    });
    return new DataSet<>(rows, new SkippedRows(file, count[0], skipped));
  }
}
