package io.rlhf4j.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes every key with its default, and above it what the Javadoc of its record component says. */
final class ReferenceYaml {

  private static final Path SOURCES = Path.of("src/main/java/io/rlhf4j/config");
  private static final int WIDTH = 116;

  private ReferenceYaml() {}

  static String text() {
    RecipeConfig everything = RecipeConfig.parse("name: reference\nmodel: {lora: {}}\ncluster: {}");
    return """
        # Every key of a recipe with its default. A recipe only needs the keys that differ.
        #
        # Written from the comments in the source by
        # mvn test -pl src/core -am -Dtest=ConfigFilesTest -Drlhf4j.update=true -Dsurefire.failIfNoSpecifiedTests=false

        """ + RecordYaml.write(everything, ReferenceYaml::comment);
  }

  private static List<String> comment(Class<?> record, RecordComponent component) {
    String source = read(SOURCES.resolve(record.getSimpleName() + ".java"));
    String tag = "@param " + component.getName() + " (.*?)(?=\\n \\* @param|\\n \\*/)";
    Matcher matcher = Pattern.compile(tag, Pattern.DOTALL).matcher(source);
    if (!matcher.find()) {
      throw new IllegalStateException(record.getSimpleName() + "." + component.getName() + " has no @param");
    }
    String text = matcher.group(1).replaceAll("\\n \\*\\s+", " ").replaceAll("\\{@\\w+ ([^}]*)}", "$1");
    return wrapped(Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".");
  }

  private static List<String> wrapped(String text) {
    var lines = new ArrayList<String>();
    var line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > WIDTH - 2) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
