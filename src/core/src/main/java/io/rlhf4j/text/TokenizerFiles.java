package io.rlhf4j.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a Hugging Face tokenizer directory say.
 *
 * @param definition the text of {@code tokenizer.json}, free of truncation and padding
 * @param idOfToken every token of the model and every added token with its id
 * @param addedTokens ids of the tokens that are matched in text before anything else, special tokens among them
 * @param controlTokens spellings of the added tokens that are marked as special
 * @param specialTokens the named special tokens ({@code bos_token}, {@code eos_token}, ...) by name
 * @param chatTemplate the source of the chat template, if there is one
 */
record TokenizerFiles(String definition, Map<String, Integer> idOfToken, Set<Integer> addedTokens,
    Set<String> controlTokens, Map<String, String> specialTokens, Optional<String> chatTemplate) {

  static final String DEFINITION = "tokenizer.json";
  static final String CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS = "special_tokens_map.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";

  /** Everything that a tokenizer directory may hold and that belongs beside a model's weights. */
  static final List<String> ALL = List.of(DEFINITION, CONFIG, SPECIAL_TOKENS, CHAT_TEMPLATE, "added_tokens.json",
      "vocab.json", "merges.txt", "tokenizer.model");

  private static final JsonMapper JSON = new JsonMapper();

  static TokenizerFiles read(Path directory) {
    Path definitionFile = directory.resolve(DEFINITION);
    if (!Files.isRegularFile(definitionFile)) {
      throw InputException.in(directory, "no tokenizer.json; expected the directory of a Hugging Face fast tokenizer");
    }
    String text = text(definitionFile);
    JsonNode root = tree(definitionFile, text);
    JsonNode config = optionalTree(directory.resolve(CONFIG));
    Map<String, String> special = new LinkedHashMap<>();
    readSpecialTokens(optionalTree(directory.resolve(SPECIAL_TOKENS)), special);
    readSpecialTokens(config, special);
    return new TokenizerFiles(withoutLengthRules(root, text), vocabulary(definitionFile, root),
        addedTokens(root), controlTokens(root), Map.copyOf(special), chatTemplate(directory, config));
  }

  /** A tokenizer.json may carry the truncation and padding of whoever saved it; a training library wants neither. */
  private static String withoutLengthRules(JsonNode root, String text) {
    if (!root.hasNonNull("truncation") && !root.hasNonNull("padding")) {
      return text;
    }
    return ((ObjectNode) root).putNull("truncation").putNull("padding").toString();
  }

  private static Map<String, Integer> vocabulary(Path file, JsonNode root) {
    Map<String, Integer> ids = new HashMap<>();
    JsonNode vocabulary = root.path("model").path("vocab");
    if (vocabulary.isArray()) {
      for (int id = 0; id < vocabulary.size(); id++) {
        ids.put(vocabulary.get(id).path(0).asText(), id);
      }
    } else {
      vocabulary.properties().forEach(
          entry -> ids.put(entry.getKey(), id(file, "model.vocab", entry.getKey(), entry.getValue())));
    }
    for (JsonNode added : root.path("added_tokens")) {
      String content = added.path("content").asText();
      ids.put(content, id(file, "added_tokens", content, added.path("id")));
    }
    if (ids.isEmpty()) {
      throw InputException.in(file, "model.vocab is missing or empty; expected a fast tokenizer's definition");
    }
    return ids;
  }

  private static int id(Path file, String field, String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() == Integer.MAX_VALUE) {
      throw InputException.in(file, field + ": token " + JSON.getNodeFactory().textNode(token) + " has id " + id
          + ", must be an integer that is not negative");
    }
    return id.intValue();
  }

  private static Set<Integer> addedTokens(JsonNode root) {
    Set<Integer> ids = new HashSet<>();
    root.path("added_tokens").forEach(added -> ids.add(added.path("id").asInt()));
    return ids;
  }

  private static Set<String> controlTokens(JsonNode root) {
    Set<String> spellings = new HashSet<>();
    for (JsonNode added : root.path("added_tokens")) {
      if (added.path("special").asBoolean()) {
        spellings.add(added.path("content").asText());
      }
    }
    return spellings;
  }

  private static void readSpecialTokens(JsonNode config, Map<String, String> into) {
    config.properties().forEach(entry -> {
      String content = tokenContent(entry.getValue());
      if (entry.getKey().endsWith("_token") && content != null) {
        into.put(entry.getKey(), content);
      }
    });
  }

  /** A token is written as a string or as an object with its content and matching rules. */
  private static @Nullable String tokenContent(JsonNode node) {
    return node.isObject() ? node.path("content").textValue() : node.textValue();
  }

  /** Which file of a tokenizer directory has its chat template, if it has one. */
  static Path templateFile(Path directory) {
    Path own = directory.resolve(CHAT_TEMPLATE);
    return Files.isRegularFile(own) ? own : directory.resolve(CONFIG);
  }

  private static Optional<String> chatTemplate(Path directory, JsonNode config) {
    Path file = directory.resolve(CHAT_TEMPLATE);
    if (Files.isRegularFile(file)) {
      return Optional.of(text(file));
    }
    JsonNode template = config.path("chat_template");
    if (template.isArray()) {
      for (JsonNode named : template) {
        if (named.path("name").asText().equals("default")) {
          return Optional.ofNullable(named.path("template").textValue());
        }
      }
    }
    return Optional.ofNullable(template.textValue());
  }

  private static JsonNode optionalTree(Path file) {
    return Files.isRegularFile(file) ? tree(file, text(file)) : JSON.createObjectNode();
  }

  private static JsonNode tree(Path file, String text) {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.isObject()) {
        throw InputException.in(file, "not a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw InputException.at(file, e.getLocation().getLineNr(), "not JSON: " + e.getOriginalMessage());
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": is not UTF-8 text", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
