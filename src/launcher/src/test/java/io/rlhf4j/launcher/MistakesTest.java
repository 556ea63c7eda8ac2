package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The tests that {@code src/docs/mistakes.md} and the patches beside it name are there. */
class MistakesTest {

  private static final Path ROOT = Path.of("../..");
  private static final Pattern NAMED = Pattern.compile("\\b([A-Z]\\w*Test)(?:[#.](\\w+))?");
  private static final Pattern ALONE = Pattern.compile("`([a-z]+[A-Z]\\w+)`");

  /** Text of each test class by its simple name. */
  private static final Map<String, String> SOURCES = new HashMap<>();

  @BeforeAll
  static void readTheTests() throws IOException {
    for (String module : List.of("src/core", "actor", "critic", "reward", "reference", "src/launcher")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
        for (Path file : files.filter(one -> one.toString().endsWith("Test.java")).toList()) {
          SOURCES.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
        }
      }
    }
  }

  @Test
  void theDocumentNamesTestsThatExist() throws IOException {
    String text = Files.readString(ROOT.resolve("src/docs/mistakes.md"));
    assertThat(missing(text)).isEmpty();
    assertThat(ALONE.matcher(text).results().map(found -> found.group(1))
        .filter(method -> SOURCES.values().stream().noneMatch(source -> has(source, method)))).isEmpty();
  }

  @Test
  void everyPatchNamesTestsThatExist() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("src/benchmarks/mistakes"))) {
      List<Path> patches = files.filter(file -> file.toString().endsWith(".patch")).toList();
      assertThat(patches).hasSize(42);
      for (Path patch : patches) {
        String tests = Files.readAllLines(patch).stream().filter(line -> line.startsWith("tests: ")).findFirst()
            .orElseThrow();
        assertThat(NAMED.matcher(tests).find()).as("%s", patch).isTrue();
        assertThat(missing(tests)).as("%s", patch).isEmpty();
      }
    }
  }

  private static List<String> missing(String text) {
    List<String> missing = new ArrayList<>();
    NAMED.matcher(text).results().forEach(found -> {
      String source = SOURCES.get(found.group(1));
      if (source == null || found.group(2) != null && !has(source, found.group(2))) {
        missing.add(found.group());
      }
    });
    return missing;
  }

  private static boolean has(String source, String method) {
    return source.contains(" void " + method + "(");
  }
}
