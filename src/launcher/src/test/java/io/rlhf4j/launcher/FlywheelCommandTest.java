package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.launcher.quickstart.TaskFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code rlhf flywheel} with tiny rounds. */
@Tag("process")
class FlywheelCommandTest extends TinyFlywheelFixture {

  @Test
  void killedInFiveStagesItEndsWithTheFilesOfAnUndisturbedRun() throws Exception {
    TinyRun.Result undisturbed = flywheel("undisturbed");
    assertThat(undisturbed.code()).as(undisturbed.err()).isZero();
    assertThat(undisturbed.out()).contains("wins against round 0", "best of K gain", "kept");

    Path root = root("killed");
    for (String stage : List.of("round-0/.reward.work/checkpoints/step-000000000002",
        "round-1/.responses.jsonl.part", "round-1/.sft.tmp", "round-1/.dpo.work/checkpoints/step-000000000001",
        "round-1/dpo")) {
      wheel.killWhen("killed", root.resolve(stage));
    }
    TinyRun.Result resumed = flywheel("killed");
    assertThat(resumed.code()).as(resumed.err()).isZero();

    TinyFlywheel.assertSame(TinyFlywheel.files(root), TinyFlywheel.files(root("undisturbed")));
  }

  @Test
  void roundsGoOnFromWhatIsThereAndOnlyFromThat() throws IOException {
    assertThat(flywheel("wheel").code()).isZero();
    assertThat(flywheel("wheel", "-o", "flywheel.rounds=2", "-o", "dpo.beta=0.2").code()).isZero();
    TinyRun.Result status = TinyRun.execute(List.of("flywheel", "status", root("wheel").toString()));
    assertThat(status.out().lines().filter(line -> line.matches(" *[0-2] .*"))).hasSize(3);
    JsonNode record = new ObjectMapper().readTree(root("wheel").resolve("round-2/round.json").toFile());
    JsonNode first = new ObjectMapper().readTree(root("wheel").resolve("round-1/round.json").toFile());
    assertThat(record.get("base").asText()).isEqualTo(first.get("kept").asBoolean() ? "round-1/dpo" : "round-0/sft");
    assertThat(record.get("kept").asBoolean())
        .isEqualTo(record.get("gain").asDouble() > record.get("gainError").asDouble());
    assertThat(validationPrompts("wheel")).hasSize(8).doesNotContainAnyElementsOf(trainingPrompts("wheel", 1))
        .doesNotContainAnyElementsOf(trainingPrompts("wheel", 2));
    JsonNode provenance = new ObjectMapper().readTree(root("wheel").resolve("round-2/dpo/provenance.json").toFile());
    assertThat(provenance.get("inputs").get("pairs").asText()).hasSize(64);
    assertThat(provenance.get("settings").get("dpo").asText()).contains("beta=0.2");

    Files.move(root("wheel").resolve("round-1"), directory.resolve("away"));
    assertRefused(flywheel("wheel", "-o", "flywheel.rounds=3"), "round-1: is missing or not complete although round 2");
    Files.move(directory.resolve("away"), root("wheel").resolve("round-1"));
    Files.writeString(tiny.data(TaskFile.PROMPTS_TRAIN), "{\"prompt\":\"one more\"}\n", StandardOpenOption.APPEND);
    assertRefused(flywheel("wheel", "-o", "flywheel.rounds=3"), "data.prompts_train", "has changed since round 0");
  }

  @Test
  void aRoundThatKeepsNothingStopsAndGoesOnWithOtherSettings() throws IOException {
    TinyRun.Result empty = flywheel("strict", "-o", "flywheel.sft_select.strategy=threshold", "-o",
        "flywheel.sft_select.threshold=1000");
    assertRefused(empty, "selection kept nothing of 32 answers", "32 answers below threshold");
    assertThat(root("strict").resolve("round-1/sft.jsonl")).doesNotExist();
    assertThat(flywheel("strict").code()).isZero();

    assertRefused(flywheel("few", "-o", "flywheel.validation_prompts=24"), "flywheel.validation_prompts: is 24",
        "less than the 24 usable prompts");
    assertRefused(flywheel("one", "-o", "flywheel.samples_per_prompt=1"), "flywheel.samples_per_prompt", "at least 2");
    assertThat(root("one")).doesNotExist();
  }

  private List<String> validationPrompts(String name) throws IOException {
    List<String> prompts = new ArrayList<>();
    for (String line : Files.readAllLines(root(name).resolve("round-0/validation.jsonl"))) {
      prompts.add(new ObjectMapper().readTree(line).get("prompt").asText());
    }
    return prompts;
  }

  private List<String> trainingPrompts(String name, int round) throws IOException {
    List<String> prompts = new ArrayList<>();
    for (String line : Files.readAllLines(root(name).resolve("round-" + round + "/prompts.jsonl"))) {
      prompts.add(new ObjectMapper().readTree(line).get("prompt").get(0).get("content").asText());
    }
    return prompts;
  }

  private TinyRun.Result flywheel(String name, String... more) {
    return wheel.run(name, more);
  }

  private Path root(String name) {
    return tiny.root(name);
  }
}
