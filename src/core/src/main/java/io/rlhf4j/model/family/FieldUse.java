package io.rlhf4j.model.family;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What becomes of a field of {@code config.json}.
 *
 * @param name of the field
 * @param value in the file
 * @param use what becomes of it
 * @param note why; empty if there is nothing to say
 */
public record FieldUse(String name, JsonNode value, Kind use, String note) {

  /** What becomes of a field. */
  public enum Kind {
    /** Read, and followed. */
    USED,
    /** Known, and without effect on what the model computes here. */
    NO_EFFECT,
    /** Not known; the family's class in {@code transformers} does not read it either, as far as this project knows. */
    UNKNOWN,
    /** Holds what this project would get wrong; the model is refused. */
    UNSUPPORTED
  }
}
