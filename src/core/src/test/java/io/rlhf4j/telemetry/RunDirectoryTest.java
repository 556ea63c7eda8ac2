package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.telemetry.RunDirectory.Resume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

  @TempDir
  Path directory;

  private RecipeConfig recipe;

  @BeforeEach
  void recipe() {
    recipe = RecipeConfig.parse("name: first\nseed: 3\nrun_dir: '" + directory.resolve("runs") + "'");
  }

  @Test
  void writesTheResolvedRecipeWithItsHash() throws IOException {
    RunDirectory run = RunDirectory.create(recipe, false);

    String text = Files.readString(directory.resolve("runs/first/config.yaml"));
    assertThat(text).startsWith("# sha256 " + recipe.hash() + "\nname: first\nseed: 3\n");
    assertThat(RecipeConfig.parse(text)).isEqualTo(recipe);
    assertThat(run.finalModel("actor")).isEqualTo(directory.resolve("runs/first/final/actor"));
    try (var files = Files.list(run.root())) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void unfinishedRunIsReplacedAndFinishedOneOnlyOnRequest() throws IOException {
    RunDirectory.create(recipe, false).metrics().log("sft", 1, Map.of("loss", 1));
    RunDirectory second = RunDirectory.create(recipe, false);
    assertThat(second.root().resolve("metrics.jsonl")).doesNotExist();

    Files.createDirectories(second.finalModel("actor"));
    second.finish();
    assertThatThrownBy(() -> RunDirectory.create(recipe, false)).isInstanceOf(InputException.class)
        .hasMessage(second.root() + ": holds a finished run, choose another name or give --overwrite");
    assertThat(second.finalModel("actor")).exists();

    RunDirectory.create(recipe, true);
    assertThat(second.finalModel("actor")).doesNotExist();
  }

  @Test
  void anInterruptedRunIsGoneOnWithWhereItLeftCheckpoints() throws IOException {
    RunDirectory first = RunDirectory.open(recipe, false, Resume.AUTO);
    assertThat(first.continued()).isFalse();
    assertThatThrownBy(() -> RunDirectory.open(recipe, false, Resume.REQUIRED)).isInstanceOf(InputException.class)
        .hasMessage(
            first.root() + ": holds a run without checkpoints, so there is nothing to resume; leave out --resume");
    Files.createDirectories(first.checkpoints().resolve("reward"));

    assertThat(RunDirectory.open(recipe, false, Resume.AUTO).continued()).isTrue();
    assertThat(RunDirectory.open(recipe, false, Resume.REQUIRED).continued()).isTrue();
    RecipeConfig other = RecipeConfig.parse(recipe.resolvedYaml().replace("seed: 3", "seed: 4"));
    assertThatThrownBy(() -> RunDirectory.open(other, false, Resume.REQUIRED)).isInstanceOf(InputException.class)
        .hasMessageContaining("holds a run of another recipe, see its config.yaml");
    assertThat(first.checkpoints().resolve("reward")).exists();

    assertThat(RunDirectory.open(recipe, false, Resume.NEVER).continued()).isFalse();
    assertThat(first.checkpoints()).doesNotExist();
    first.finish();
    assertThatThrownBy(() -> RunDirectory.open(recipe, false, Resume.AUTO)).isInstanceOf(InputException.class)
        .hasMessageContaining("holds a finished run, choose another name or give --overwrite");
  }

  @Test
  void metricsAreRewoundToTheCheckpoint() throws IOException {
    RunDirectory run = RunDirectory.create(recipe, false);
    try (MetricsLog metrics = run.metrics()) {
      for (int step = 1; step <= 3; step++) {
        metrics.log("sft", step, Map.of("loss", step));
        metrics.log("reward", step, Map.of("loss", step));
      }
      Files.writeString(run.root().resolve("metrics.jsonl"), "{\"stage\":\"rew", StandardOpenOption.APPEND);
      metrics.rewind(Set.of("reward"), 1);
      metrics.log("reward", 2, Map.of("loss", 20));
    }
    String lines = Files.readString(run.root().resolve("metrics.jsonl")).replaceAll(",\"peak_rss_mb\":\\d+", "");
    assertThat(lines).isEqualTo("""
        {"stage":"sft","step":1,"loss":1}
        {"stage":"reward","step":1,"loss":1}
        {"stage":"sft","step":2,"loss":2}
        {"stage":"sft","step":3,"loss":3}
        {"stage":"reward","step":2,"loss":20}
        """);
  }

  @Test
  void whatIsReplacedComesBackUnlessTheNewRunFinishes() throws IOException {
    RunDirectory.create(recipe, false).finish();
    Path mark = Files.createFile(directory.resolve("runs/first/mark"));

    RunDirectory wrong = RunDirectory.create(recipe, true);
    assertThat(mark).doesNotExist();
    wrong.discard();
    assertThat(mark).exists();

    // Interrupted: nobody said what should become of it.
    RunDirectory.create(recipe, true).metrics().log("sft", 1, Map.of("loss", 1));
    assertThatThrownBy(() -> RunDirectory.create(recipe, false)).isInstanceOf(InputException.class)
        .hasMessageContaining("holds a finished run");
    assertThat(mark).exists();

    RunDirectory.create(recipe, true).finish();
    assertThat(mark).doesNotExist();
    try (var files = Files.list(directory.resolve("runs"))) {
      assertThat(files).containsExactly(directory.resolve("runs/first"));
    }
  }

  @Test
  void aRunThatReplacedNothingLeavesNothing() {
    RunDirectory.create(recipe, false).discard();

    assertThat(directory.resolve("runs")).isEmptyDirectory();
  }

  @Test
  void foreignFilesAreNeverDeleted() throws IOException {
    Path foreign = Files.createDirectories(directory.resolve("runs/first")).resolve("thesis.txt");
    Files.writeString(foreign, "keep me");

    assertThatThrownBy(() -> RunDirectory.create(recipe, true)).isInstanceOf(InputException.class)
        .hasMessageEndingWith("holds files but no run, choose another name or run_dir");
    assertThat(foreign).hasContent("keep me");
  }

  @Test
  void fileInThePlaceOfTheDirectoryIsNamed() throws IOException {
    Path file = Files.createDirectories(directory.resolve("runs")).resolve("first");
    Files.writeString(file, "");

    assertThatThrownBy(() -> RunDirectory.create(recipe, true)).isInstanceOf(InputException.class)
        .hasMessage(file + ": is a file, must be a directory for the run");
  }

  @Test
  void metricsAreOneObjectPerStepAndNotANumberIsNull() throws IOException {
    RunDirectory run = RunDirectory.create(recipe, false);
    try (MetricsLog metrics = run.metrics()) {
      metrics.log("ppo", 1, new TreeMap<>(Map.of("kl", 0.5f, "steps", 7L, "worst", Double.NaN)));
      metrics.log("ppo", 2, Map.of("kl", Float.POSITIVE_INFINITY));
      assertThatThrownBy(() -> metrics.log("ppo", 3, Map.of("step", 1))).hasMessage("a metric cannot be called step");
    }

    List<String> lines = Files.readAllLines(run.root().resolve("metrics.jsonl"));
    if (PeakMemory.bytes().isPresent()) {
      assertThat(lines).allSatisfy(line -> assertThat(line).matches(".*,\"peak_rss_mb\":[1-9][0-9]+}"));
    }
    assertThat(lines.stream().map(line -> line.replaceAll(",\"peak_rss_mb\":\\d+", ""))).containsExactly(
        "{\"stage\":\"ppo\",\"step\":1,\"kl\":0.5,\"steps\":7,\"worst\":null}",
        "{\"stage\":\"ppo\",\"step\":2,\"kl\":null}");
  }

  @Test
  void failedDirectoryLeavesTheOldOne() throws IOException {
    Path target = directory.resolve("model");
    AtomicFiles.writeDirectory(target, fresh -> Files.writeString(fresh.resolve("a"), "old"));

    assertThatThrownBy(() -> AtomicFiles.writeDirectory(target, fresh -> {
      Files.writeString(fresh.resolve("a"), "half");
      throw new IOException("disk full");
    })).hasMessage("disk full");
    assertThat(target.resolve("a")).hasContent("old");

    AtomicFiles.writeDirectory(target, fresh -> Files.writeString(fresh.resolve("b"), "new"));
    assertThat(target.resolve("a")).doesNotExist();
    assertThat(target.resolve("b")).hasContent("new");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(target);
    }
  }
}
