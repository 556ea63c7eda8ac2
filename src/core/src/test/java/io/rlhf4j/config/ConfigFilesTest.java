package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every file below configs/ loads, explains each of its keys, and the reference is current. */
class ConfigFilesTest {

  private static final Path CONFIGS = Path.of("../../configs");

  @Test
  void everyFileLoads() throws IOException {
    List<Path> files = files();

    assertThat(files).isNotEmpty().allSatisfy(file -> {
      RecipeConfig recipe = RecipeLoader.load(file, List.of());
      assertThat(RecipeConfig.parse(recipe.resolvedYaml())).isEqualTo(recipe);
    });
  }

  @Test
  void everyKeyHasACommentAboveIt() throws IOException {
    for (Path file : files()) {
      assertThat(bareKeys(Files.readAllLines(file))).as("keys of %s without a comment above", file).isEmpty();
    }
  }

  @Test
  void bareKeysAreFound() {
    List<String> lines =
        List.of("# why", "seed: 1", "", "# what", "ppo:", "  gamma: 1", "  # odd", "  actor: {beta1: 0}");

    assertThat(bareKeys(lines))
        .containsExactly("  gamma: 1", "  actor: {beta1: 0}");
  }

  @Test
  void referenceIsCurrent() throws IOException {
    Path reference = CONFIGS.resolve("reference.yaml");
    if (Boolean.getBoolean("rlhf4j.update")) {
      Files.writeString(reference, ReferenceYaml.text());
    }
    assertThat(reference).as("run again with -Drlhf4j.update=true to rewrite it").hasContent(ReferenceYaml.text());
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(CONFIGS)) {
      return all.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  /** Lines whose key stands without a comment; keys within braces have no place for one. */
  private static List<String> bareKeys(List<String> lines) {
    var bare = new ArrayList<String>();
    for (int i = 0; i < lines.size(); i++) {
      boolean key = lines.get(i).matches("\\s*[\\w-]+:(\\s.*)?");
      boolean commented = i > 0 && lines.get(i - 1).strip().startsWith("#");
      boolean braces = lines.get(i).matches("[^#']*\\{.*:.*}.*");
      if (key && (!commented || braces)) {
        bare.add(lines.get(i));
      }
    }
    return bare;
  }
}
