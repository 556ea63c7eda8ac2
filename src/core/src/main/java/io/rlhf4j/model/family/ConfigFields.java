package io.rlhf4j.model.family;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The fields of a {@code config.json}; remembers which were read and which hold what is not supported. */
public final class ConfigFields {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final String prefix;
  private final ObjectNode json;
  private final Set<String> read;
  private final Map<String, String> refused;

  private ConfigFields(Path file, String prefix, ObjectNode json, Set<String> read, Map<String, String> refused) {
    this.file = file;
    this.prefix = prefix;
    this.json = json;
    this.read = read;
    this.refused = refused;
  }

  /** Fields of a configuration that is not in a file yet. */
  public static ConfigFields of(Path file, ObjectNode json) {
    return new ConfigFields(file, "", json, new HashSet<>(), new LinkedHashMap<>());
  }

  /**
   * Reads {@code config.json} of a model directory.
   *
   * @throws InputException if there is none or it is no JSON object
   */
  public static ConfigFields read(Path directory) {
    Path file = directory.resolve("config.json");
    if (!Files.isDirectory(directory)) {
      throw InputException.in(directory, "is not a model directory");
    }
    if (!Files.isRegularFile(file)) {
      throw InputException.in(directory, "has no config.json, so it is not a Hugging Face model directory");
    }
    try {
      if (JSON.readTree(file.toFile()) instanceof ObjectNode object) {
        return of(file, object);
      }
      throw InputException.in(file, "must hold a JSON object");
    } catch (JsonProcessingException e) {
      throw InputException.at(file, e.getLocation().getLineNr(), "is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read: " + e.getMessage());
    }
  }

  public Path file() {
    return file;
  }

  /** The whole object. */
  public ObjectNode json() {
    return json;
  }

  /** What becomes of each field of the file, in its order. */
  public List<FieldUse> uses() {
    return json.properties().stream().map(field -> use(field.getKey(), field.getValue())).toList();
  }

  private FieldUse use(String name, JsonNode value) {
    if (refused.containsKey(name)) {
      return new FieldUse(name, value, FieldUse.Kind.UNSUPPORTED, refused.get(name));
    }
    if (read.contains(name)) {
      return new FieldUse(name, value, FieldUse.Kind.USED, "");
    }
    String why = HarmlessFields.reason(name);
    return new FieldUse(name, value, why.isEmpty() ? FieldUse.Kind.UNKNOWN : FieldUse.Kind.NO_EFFECT, why);
  }

  /** @throws InputException naming the first field that holds what is not supported */
  public void refuseUnsupported() {
    refused.forEach((field, reason) -> {
      throw InputException.in(file, field + " " + reason);
    });
  }

  int integer(String field) {
    JsonNode value = node(field);
    if (!value.isInt()) {
      throw wrong(field, value, "an integer");
    }
    return value.asInt();
  }

  int integer(String field, int absent) {
    return has(field) ? integer(field) : absent;
  }

  double number(String field) {
    JsonNode value = node(field);
    if (!value.isNumber()) {
      throw wrong(field, value, "a number");
    }
    return value.asDouble();
  }

  double number(String field, double absent) {
    return has(field) ? number(field) : absent;
  }

  boolean flag(String field, boolean absent) {
    if (!has(field)) {
      return absent;
    }
    JsonNode value = node(field);
    if (!value.isBoolean()) {
      throw wrong(field, value, "true or false");
    }
    return value.asBoolean();
  }

  /** Whether the field is there and not null. */
  boolean has(String field) {
    read.add(top(field));
    return json.hasNonNull(field);
  }

  JsonNode node(String field) {
    read.add(top(field));
    return json.path(field);
  }

  /** The fields of an object inside this one, if it is there. */
  Optional<ConfigFields> object(String field) {
    return node(field) instanceof ObjectNode inner
        ? Optional.of(new ConfigFields(file, prefix + field + ".", inner, read, refused)) : Optional.empty();
  }

  /** Notes that a value is not supported unless it is absent, null or equal to the one that is. */
  void only(String field, Object supported) {
    if (has(field) && !node(field).asText().equals(String.valueOf(supported))) {
      refuse(field, "only " + supported + " is supported");
    }
  }

  /** Notes that the field's value is not supported. */
  void refuse(String field, String rule) {
    String problem = "is " + json.path(field) + ", " + rule;
    if (prefix.isEmpty()) {
      refused.putIfAbsent(field, problem);
    } else {
      refused.putIfAbsent(top(field), "has " + field + " " + json.path(field) + ", " + rule);
    }
  }

  InputException wrong(String field, JsonNode value, String rule) {
    return InputException.in(file, prefix + field + " is " + (value.isMissingNode() ? "missing" : value) + ", must be "
        + rule);
  }

  private String top(String field) {
    return prefix.isEmpty() ? field : prefix.substring(0, prefix.indexOf('.'));
  }
}
