package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
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
    ObjectNode named = JsonNodeFactory.instance.objectNode();
    put(named, "prompt", row, fields.prompt());
    put(named, "chosen", row, fields.chosen());
    put(named, "rejected", row, fields.rejected());
    put(named, "margin", row, fields.margin());
    if (!named.hasNonNull("margin") && fields.chosenScore() != null && fields.rejectedScore() != null) {
      JsonNode better = at(row, fields.chosenScore());
      JsonNode worse = at(row, fields.rejectedScore());
      if (better.isNumber() && worse.isNumber()) {
        named.put("margin", better.doubleValue() - worse.doubleValue());
      }
    }
    return named;
  }

  private void put(ObjectNode named, String as, JsonNode row, @Nullable String column) {
    JsonNode value = column == null ? row.path("") : at(row, column);
    if (!value.isMissingNode()) {
      named.set(as, value instanceof ArrayNode messages ? messages(messages) : value);
    }
  }

  /** A column, or with dots a key of an object in a column. A column whose name itself has dots comes first. */
  private static JsonNode at(JsonNode row, String column) {
    if (row.has(column)) {
      return row.get(column);
    }
    JsonNode value = row;
    for (String key : column.split("\\.", -1)) {
      value = value.path(key);
    }
    return value;
  }

  private ArrayNode messages(ArrayNode list) {
    ArrayNode messages = JsonNodeFactory.instance.arrayNode();
    for (JsonNode item : list) {
      if (item.isObject() && item.path(fields.role()).isTextual()) {
        ObjectNode message = messages.addObject().put("role", speaker(item.path(fields.role()).textValue()));
        message.set("content", item.path(fields.content()).isMissingNode() ? null : item.path(fields.content()));
      } else {
        messages.add(item);
      }
    }
    return messages;
  }

  private static String speaker(String name) {
    return switch (name) {
      case "human" -> "user";
      case "gpt" -> "assistant";
      default -> name;
    };
  }
}
