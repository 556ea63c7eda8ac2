package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.FieldsConfig;
import org.jspecify.annotations.Nullable;

/** Gives the columns of a row the names that readers know. */
record Columns(FieldsConfig fields) {

  /** A column, or with dots a key of an object in a column. A column whose name itself has dots comes first. */
  static JsonNode at(JsonNode row, String column) {
    if (row.has(column)) {
      return row.get(column);
    }
    JsonNode value = row;
    for (String key : column.split("\\.", -1)) {
      value = value.path(key);
    }
    return value;
  }

  /** Takes over a column if the row has it; lists of messages get {@code role} and {@code content}. */
  void put(ObjectNode named, String as, JsonNode row, @Nullable String column) {
    JsonNode value = column == null ? row.path("") : at(row, column);
    if (!value.isMissingNode()) {
      named.set(as, value instanceof ArrayNode messages ? messages(messages) : value);
    }
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
