package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A text with {placeholders}. What is put in is never searched for further placeholders. */
final class PromptTemplate {

  private static final Pattern PLACE = Pattern.compile("\\{([a-z_]+)}");

  private final String text;

  private PromptTemplate(String text) {
    this.text = text;
  }

  /**
   * @param file of the user; null takes the built-in one
   * @param builtIn name of a resource
   * @param places that the template must have
   */
  static PromptTemplate of(@Nullable Path file, String builtIn, List<String> places) {
    String text = file == null ? resource(builtIn) : read(file);
    for (String place : places) {
      if (!text.contains("{" + place + "}")) {
        throw InputException.in(file == null ? Path.of(builtIn) : file, "has no {" + place + "}");
      }
    }
    return new PromptTemplate(text);
  }

  String fill(Map<String, String> values) {
    Matcher matcher = PLACE.matcher(text);
    return matcher.replaceAll(place -> Matcher.quoteReplacement(values.getOrDefault(place.group(1), place.group())));
  }

  /** A conversation as plain text: a single question by itself, several turns with their speakers. */
  static String plain(List<ChatMessage> messages) {
    if (messages.size() == 1) {
      return messages.getFirst().content();
    }
    return messages.stream().map(message -> message.role() + ": " + message.content())
        .collect(Collectors.joining("\n\n"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = PromptTemplate.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
