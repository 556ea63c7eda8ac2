package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RecipeLoader;
import io.rlhf4j.telemetry.MeterNames;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The container files name commands, options and keys that exist. */
class DeployFilesTest {

  private static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();

  @Test
  void everyContainerRunsACommandThatCanBeParsed() throws IOException {
    List<String> roles = new ArrayList<>();
    for (List<String> arguments : containers()) {
      var parsed = Main.commandLine().parseArgs(arguments.toArray(String[]::new)).subcommand();
      roles.add(parsed.commandSpec().name());
      if (arguments.getFirst().equals("ppo")) {
        List<String> overrides = arguments.stream().filter(argument -> argument.startsWith("--override="))
            .map(argument -> argument.substring("--override=".length())).toList();
        Path recipe = ROOT.resolve(arguments.get(1).replace("/opt/rlhf4j/", ""));
        RecipeConfig loaded = RecipeLoader.load(recipe, overrides);
        assertThat(loaded.cluster().host()).isEqualTo("coordinator.rlhf4j.default.svc.cluster.local");
        assertThat(loaded.cluster().security().certificate()).isEqualTo(Path.of("/secret/certificate.pem"));
      } else {
        assertThat(arguments).contains("--join=coordinator.rlhf4j.default.svc.cluster.local:2551");
      }
    }
    assertThat(roles).containsExactly("ppo", "node", "node", "node", "node");
  }

  private static List<List<String>> containers() throws IOException {
    List<List<String>> all = new ArrayList<>();
    var yaml = new ObjectMapper(new YAMLFactory());
    try (var documents = yaml.readerFor(JsonNode.class).<JsonNode>readValues(
        ROOT.resolve("src/deploy/kubernetes.yaml").toFile())) {
      while (documents.hasNext()) {
        for (JsonNode container : documents.next().at("/spec/template/spec/containers")) {
          List<String> arguments = new ArrayList<>();
          container.path("args").forEach(argument -> arguments.add(argument.asText()));
          all.add(arguments);
        }
      }
    }
    return all;
  }

  @Test
  void theImageStartsTheCommandLine() throws IOException {
    String dockerfile = Files.readString(ROOT.resolve("src/deploy/Dockerfile"));
    assertThat(dockerfile).contains("\"" + Main.class.getName() + "\"]");
  }

  @Test
  void theDashboardShowsMetersThatExist() throws Exception {
    Set<String> known = new TreeSet<>();
    for (Field field : MeterNames.class.getFields()) {
      known.add(((String) field.get(null)).replace('.', '_'));
    }
    String dashboard = Files.readString(ROOT.resolve("src/deploy/grafana.json"));
    new ObjectMapper().readTree(dashboard);
    Matcher used = Pattern.compile("rlhf_[a-z_]+").matcher(dashboard);
    Set<String> shown = new TreeSet<>();
    while (used.find()) {
      shown.add(used.group().replaceAll("_(seconds_sum|seconds_count|total)$", ""));
    }
    assertThat(shown).hasSizeGreaterThan(5).isSubsetOf(known);
  }
}
