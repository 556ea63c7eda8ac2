package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.FieldsConfig;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a preference file become pairs.
 *
 * @param format layout of the rows
 * @param fields names of the columns; those of the format, where it has its own
 * @param minScoreGap pairs with a smaller margin are skipped; 0 keeps all
 * @param hook changes rows before anything else
 */
public record PreferenceLayout(DataFormat format, FieldsConfig fields, double minScoreGap, @Nullable RowHook hook) {

  public PreferenceLayout {
    fields = format.fields(fields);
  }

  /** Rows as they are. */
  public PreferenceLayout(DataFormat format, FieldsConfig fields, double minScoreGap) {
    this(format, fields, minScoreGap, null);
  }

  /** Standard column names, and all pairs. */
  public static PreferenceLayout of(DataFormat format) {
    return new PreferenceLayout(format, FieldsConfig.standard(), 0);
  }

  /** What changes the pairs of a file of standard rows, in words; empty where nothing does. */
  public Optional<String> differences() {
    boolean standard = format == DataFormat.AUTO || format == DataFormat.STANDARD;
    return standard && fields.equals(FieldsConfig.standard()) && minScoreGap == 0 && hook == null ? Optional.empty()
        : Optional.of(format.yamlName() + ", " + fields + ", gap " + minScoreGap
            + (hook == null ? "" : ", " + hook.getClass().getName()));
  }

  /** The row with the column names of the standard layout, and a margin where scores give one. */
  JsonNode standard(JsonNode row) {
    if (fields.equals(FieldsConfig.standard())) {
      return row;
    }
    Columns columns = new Columns(fields);
    ObjectNode named = JsonNodeFactory.instance.objectNode();
    columns.put(named, "prompt", row, fields.prompt());
    columns.put(named, "chosen", row, fields.chosen());
    columns.put(named, "rejected", row, fields.rejected());
    columns.put(named, "margin", row, fields.margin());
    if (noNumber(named.path("margin")) && fields.chosenScore() != null && fields.rejectedScore() != null) {
      JsonNode better = Columns.at(row, fields.chosenScore());
      JsonNode worse = Columns.at(row, fields.rejectedScore());
      if (better.isNumber() && worse.isNumber() && !noNumber(better) && !noNumber(worse)) {
        named.put("margin", better.doubleValue() - worse.doubleValue());
      }
    }
    return named;
  }

  /** Missing, null, or what data frames write for a number that is missing. */
  static boolean noNumber(JsonNode value) {
    return value.isMissingNode() || value.isNull() || value.isNumber() && Double.isNaN(value.doubleValue());
  }
}
