package io.rlhf4j.telemetry;

import java.util.ArrayList;
import java.util.List;

/**
 * A table in plain text. Columns of numbers are aligned at the right; cells that are too wide are wrapped.
 *
 * <pre>{@code
 * new TextTable("", "before", "after").row("gold score", "0.31", "0.82").toString();
 * }</pre>
 */
public final class TextTable {

  private static final String GAP = "  ";

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();
  private int maxWidth = Integer.MAX_VALUE;

  public TextTable(String... header) {
    this.header = List.of(header);
  }

  /** Wraps cells at this many characters. */
  public TextTable wrapAt(int characters) {
    if (characters < 1) {
      throw new IllegalArgumentException("cells cannot be " + characters + " characters wide");
    }
    this.maxWidth = characters;
    return this;
  }

  public TextTable row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + header.size() + " columns");
    }
    rows.add(List.of(cells));
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[header.size()];
    boolean[] right = new boolean[header.size()];
    for (int column = 0; column < widths.length; column++) {
      right[column] = isNumeric(column);
      widths[column] = width(column);
    }
    var out = new StringBuilder();
    append(out, header, widths, right);
    out.append(rule(widths)).append('\n');
    rows.forEach(row -> append(out, row, widths, right));
    return out.toString();
  }

  private boolean isNumeric(int column) {
    return rows.stream().map(row -> row.get(column))
        .allMatch(cell -> cell.isEmpty() || cell.matches("[-+~<>]*\\.?\\d.*|nan|-"));
  }

  private int width(int column) {
    int widest = wrap(header.get(column)).stream().mapToInt(String::length).max().orElse(0);
    for (List<String> row : rows) {
      widest = Math.max(widest, wrap(row.get(column)).stream().mapToInt(String::length).max().orElse(0));
    }
    return widest;
  }

  private static String rule(int[] widths) {
    var parts = new ArrayList<String>();
    for (int width : widths) {
      parts.add("-".repeat(width));
    }
    return String.join(GAP, parts);
  }

  private void append(StringBuilder out, List<String> cells, int[] widths, boolean[] right) {
    List<List<String>> wrapped = cells.stream().map(this::wrap).toList();
    int height = wrapped.stream().mapToInt(List::size).max().orElse(0);
    for (int line = 0; line < height; line++) {
      var parts = new ArrayList<String>();
      for (int column = 0; column < widths.length; column++) {
        String text = line < wrapped.get(column).size() ? wrapped.get(column).get(line) : "";
        String space = " ".repeat(widths[column] - text.length());
        parts.add(right[column] ? space + text : text + space);
      }
      out.append(String.join(GAP, parts).stripTrailing()).append('\n');
    }
  }

  private List<String> wrap(String cell) {
    var lines = new ArrayList<String>();
    for (String paragraph : cell.strip().split("\\R", -1)) {
      var line = new StringBuilder();
      for (String word : paragraph.split(" ")) {
        for (String piece : pieces(word)) {
          if (!line.isEmpty() && line.length() + 1 + piece.length() > maxWidth) {
            lines.add(line.toString());
            line.setLength(0);
          }
          line.append(line.isEmpty() ? "" : " ").append(piece);
        }
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /** A word that is wider than its column has to be cut. */
  private List<String> pieces(String word) {
    var pieces = new ArrayList<String>();
    for (int start = 0; start < word.length(); start += Math.min(maxWidth, word.length() - start)) {
      pieces.add(word.substring(start, start + Math.min(maxWidth, word.length() - start)));
    }
    return pieces;
  }
}
