package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.FieldsConfig;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a file become judged steps.
 *
 * @param separator what stands between two steps; a step may end with it, but not hold it
 * @param fields names of the columns
 * @param hook changes rows before anything else
 */
public record StepLayout(String separator, FieldsConfig fields, @Nullable RowHook hook) {

  /** Standard column names, and rows as they are. */
  public static StepLayout of(String separator) {
    return new StepLayout(separator, FieldsConfig.standard(), null);
  }

  /** The row with the standard column names. */
  JsonNode standard(JsonNode row) {
    if (fields.equals(FieldsConfig.standard())) {
      return row;
    }
    Columns columns = new Columns(fields);
    ObjectNode named = JsonNodeFactory.instance.objectNode();
    columns.put(named, "prompt", row, fields.prompt());
    columns.put(named, "completions", row, fields.completions());
    columns.put(named, "labels", row, fields.labels());
    return named;
  }
}
