package io.rlhf4j.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.function.IntFunction;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Reads YAML text into {@link YamlNode}s and refuses duplicate keys, aliases and several documents. */
final class YamlReader {

  private static final YAMLFactory FACTORY = new YAMLFactory();

  private final IntFunction<String> origin;
  private final YAMLParser parser;

  private YamlReader(YAMLParser parser, IntFunction<String> origin) {
    this.parser = parser;
    this.origin = origin;
  }

  static YamlNode.Mapping readFile(Path file) {
    if (Files.isDirectory(file)) {
      throw InputException.in(file, "is a directory, must be a YAML file");
    }
    if (!Files.exists(file)) {
      throw InputException.in(file, "does not exist");
    }
    return section(read(text(file), line -> file + ":" + line));
  }

  private static YamlNode.Mapping section(YamlNode node) {
    return switch (node) {
      case YamlNode.Mapping mapping -> mapping;
      case YamlNode.Scalar(var text, var origin) when text == null -> YamlNode.Mapping.empty(origin);
      case YamlNode.Scalar other -> throw notKeys(other);
      case YamlNode.Sequence other -> throw notKeys(other);
    };
  }

  private static InputException notKeys(YamlNode node) {
    return new InputException(node.origin() + ": is " + node.kind() + ", must be keys and values");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw InputException.in(file, "is not UTF-8 text");
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** Reads text that is in no file. */
  static YamlNode.Mapping readText(String yaml) {
    return section(read(yaml, line -> "line " + line));
  }

  /** Reads a value that stands in one place, for example on the command line. */
  static YamlNode readValue(String yaml, String origin) {
    return read(yaml, line -> origin);
  }

  private static YamlNode read(String yaml, IntFunction<String> origin) {
    try (YAMLParser parser = FACTORY.createParser(yaml)) {
      var reader = new YamlReader(parser, origin);
      if (parser.nextToken() == null) {
        return new YamlNode.Scalar(null, origin.apply(1));
      }
      YamlNode node = reader.node();
      if (parser.nextToken() != null) {
        throw new InputException(reader.place() + ": starts a second YAML document, only one is allowed");
      }
      return node;
    } catch (JsonProcessingException e) {
      throw syntaxError(e, origin);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private YamlNode node() throws IOException {
    if (parser.isCurrentAlias()) {
      throw new InputException(place() + ": uses the YAML alias *" + parser.getText() + ", aliases are not supported");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping();
      case START_ARRAY -> sequence();
      case VALUE_NULL -> new YamlNode.Scalar(null, place());
      case null, default -> new YamlNode.Scalar(parser.getText(), place());
    };
  }

  private YamlNode mapping() throws IOException {
    String start = place();
    var entries = new LinkedHashMap<String, YamlNode>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      String keyPlace = place();
      parser.nextToken();
      YamlNode earlier = entries.put(key, node());
      if (earlier != null) {
        throw new InputException(keyPlace + ": key " + key + " is given twice, first at " + earlier.origin());
      }
    }
    return new YamlNode.Mapping(entries, start);
  }

  private YamlNode sequence() throws IOException {
    String start = place();
    var items = new ArrayList<YamlNode>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(node());
    }
    return new YamlNode.Sequence(items, start);
  }

  private String place() {
    return origin.apply(line(parser));
  }

  private static int line(JsonParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }

  private static InputException syntaxError(JsonProcessingException e, IntFunction<String> origin) {
    if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      int line = marked.getProblemMark().getLine() + 1;
      return new InputException(origin.apply(line) + ": is not valid YAML: " + oneLine(marked.getProblem()), e);
    }
    int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
    return new InputException(origin.apply(line) + ": is not valid YAML: " + oneLine(e.getOriginalMessage()), e);
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
