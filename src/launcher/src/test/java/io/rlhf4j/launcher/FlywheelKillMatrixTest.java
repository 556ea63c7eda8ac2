package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.telemetry.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 in every stage of a flywheel, each in a run of its own, then the same command again. Takes minutes:
 * {@code -Drlhf4j.kill-matrix=all}, or a part of the name of a stage in place of all.
 */
@Tag("process")
@EnabledIfSystemProperty(named = "rlhf4j.kill-matrix", matches = ".+")
class FlywheelKillMatrixTest {

  /** What is there first while the stage is running, and not before. */
  private static final Map<String, String> STAGES = new LinkedHashMap<>();

  static {
    STAGES.put("round 0 start", "round-0/.start.work");
    STAGES.put("round 0 sft", "round-0/.sft.work");
    STAGES.put("round 0 reward, first steps", "round-0/.reward.work");
    STAGES.put("round 0 reward, at a checkpoint", "round-0/.reward.work/checkpoints/step-000000000002");
    STAGES.put("round 0 evaluate", "round-0/reward");
    STAGES.put("round 0 decide", "round-0/answers.jsonl");
    STAGES.put("prompts", "round-1");
    STAGES.put("generate", "round-1/.responses.jsonl.part");
    STAGES.put("label", "round-1/responses.jsonl");
    STAGES.put("refresh", "round-1/.reward.work");
    STAGES.put("refresh, at a checkpoint", "round-1/.reward.work/checkpoints/step-000000000001");
    STAGES.put("score", "round-1/.scored.jsonl.part");
    STAGES.put("select answers", "round-1/scored.jsonl");
    STAGES.put("select pairs", "round-1/sft.jsonl");
    STAGES.put("sft", "round-1/.sft.work");
    STAGES.put("dpo, reference", "round-1/.dpo.work");
    STAGES.put("dpo, at a checkpoint", "round-1/.dpo.work/checkpoints/step-000000000001");
    STAGES.put("evaluate on validation prompts", "round-1/dpo");
    STAGES.put("evaluate on test prompts", "round-1/validation.jsonl");
    STAGES.put("decide", "round-1/answers.jsonl");
  }

  @TempDir
  private Path directory;

  @Test
  void theSameCommandGoesOnAfterAKillInEveryStage() throws IOException {
    TinyFlywheel wheel = new TinyFlywheel(TinyRun.in(directory), directory);
    assertThat(wheel.run("undisturbed").code()).isZero();
    TreeMap<String, Path> expected = TinyFlywheel.files(wheel.tiny().root("undisturbed"));
    String asked = System.getProperty("rlhf4j.kill-matrix");
    TextTable table = new TextTable("killed in", "files then", "files at the end", "equal to the undisturbed run's");
    int number = 0;
    boolean allEqual = true;
    for (Map.Entry<String, String> stage : STAGES.entrySet()) {
      if (asked.equals("all") || stage.getKey().contains(asked)) {
        String name = "killed-" + number++;
        Path root = wheel.tiny().root(name);
        wheel.killWhen(name, root.resolve(stage.getValue()));
        int left = TinyFlywheel.files(root).size();
        TinyRun.Result resumed = wheel.run(name);
        assertThat(resumed.code()).as(stage.getKey() + ": " + resumed.err()).isZero();
        TreeMap<String, Path> actual = TinyFlywheel.files(root);
        boolean equal = equal(expected, actual);
        allEqual &= equal;
        table.row(stage.getKey(), String.valueOf(left), String.valueOf(actual.size()), equal ? "yes" : "NO");
      }
    }
    System.out.print(table);
    assertThat(number).isPositive();
    assertThat(allEqual).as(table.toString()).isTrue();
  }

  private static boolean equal(TreeMap<String, Path> expected, TreeMap<String, Path> actual) throws IOException {
    if (!actual.keySet().equals(expected.keySet())) {
      return false;
    }
    for (Map.Entry<String, Path> file : expected.entrySet()) {
      if (Files.mismatch(file.getValue(), actual.get(file.getKey())) >= 0) {
        return false;
      }
    }
    return true;
  }
}
