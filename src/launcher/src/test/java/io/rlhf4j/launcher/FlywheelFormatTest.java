package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layout of the user's preference files is not that of the files which the rounds write. */
class FlywheelFormatTest {

  @TempDir
  private Path directory;

  @Test
  void dialoguesOfTheUserAndGeneratedPairsAreBothRead() throws IOException {
    TinyRun tiny = TinyRun.in(directory);
    for (TaskFile file : List.of(TaskFile.PREFERENCE_TRAIN, TaskFile.PREFERENCE_TEST)) {
      List<String> rows = new ArrayList<>();
      for (PreferencePair pair : PreferenceReader.read(tiny.data(file), DataFormat.AUTO).rows()) {
        rows.add(new ObjectMapper().writeValueAsString(Map.of("chosen", dialogue(pair.prompt(), pair.chosen()),
            "rejected", dialogue(pair.prompt(), pair.rejected()))));
      }
      Files.write(tiny.data(file), rows);
    }

    TinyRun.Result result = new TinyFlywheel(tiny, directory).run("dialogues", "-o", "data.format=hh-rlhf", "-o",
        "reward.value_head_prefix=value_head");

    assertThat(result.code()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).contains("reward: 64 pairs").contains("dpo: ").doesNotContain("skipped");
    assertThat(tiny.root("dialogues").resolve("round-1/round.json")).exists();
    List<String> fingerprints = new ArrayList<>();
    for (String round : List.of("round-0", "round-1")) {
      JsonNode config = new ObjectMapper()
          .readTree(tiny.root("dialogues").resolve(round + "/reward/config.json").toFile());
      assertThat(config.get("value_head_prefix").asText()).isEqualTo("value_head");
      fingerprints.add(config.get("dataset_fingerprint").asText());
    }
    assertThat(fingerprints).doesNotHaveDuplicates();
  }

  private static String dialogue(List<ChatMessage> prompt, String answer) {
    StringBuilder text = new StringBuilder();
    prompt.forEach(turn -> text.append(turn.isAssistant() ? "\n\nAssistant: " : "\n\nHuman: ").append(turn.content()));
    return text + "\n\nAssistant: " + answer;
  }
}
