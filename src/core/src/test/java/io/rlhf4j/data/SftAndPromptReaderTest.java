package io.rlhf4j.data;

import static io.rlhf4j.text.ChatMessage.assistant;
import static io.rlhf4j.text.ChatMessage.user;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SftAndPromptReaderTest {

  private static final String TWO_TURNS =
      "[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]";

  @TempDir
  Path directory;

  @Test
  void readsDemonstrationsInEveryForm() {
    Path file = DataFiles.write(directory.resolve("sft.jsonl"), "{\"messages\": " + TWO_TURNS + "}",
        "{\"prompt\": \"a\", \"response\": \"b\"}", "{\"prompt\": \"a\", \"completion\": \"b\"}",
        "{\"prompt\": \"a\"}", "{\"prompt\": \"a\", \"response\": \"\"}");

    DataSet<SftExample> examples = SftReader.read(file);

    assertThat(examples.rows()).containsExactly(new SftExample(List.of(user("a")), "b", 1),
        new SftExample(List.of(user("a")), "b", 2), new SftExample(List.of(user("a")), "b", 3));
    assertThat(examples.skipped().count(SkipReason.MISSING_KEY)).isEqualTo(1);
    assertThat(examples.skipped().count(SkipReason.EMPTY_ANSWER)).isEqualTo(1);
  }

  @Test
  void promptIdsCountSkippedRowsToo() {
    Path file = DataFiles.write(directory.resolve("prompts.jsonl"), "{\"prompt\": \"a\", \"topic\": 3}", "",
        "{\"prompt\": \"\"}", "{\"messages\": [{\"role\": \"user\", \"content\": \"c\"}]}",
        "{\"prompt\": " + TWO_TURNS + "}", "{\"prompt\": \"\\n\\nHuman: h\\n\\nAssistant: i\\n\\nHuman: j\"}");

    DataSet<PromptRow> prompts = PromptReader.read(file);

    assertThat(prompts.rows()).containsExactly(new PromptRow(0, List.of(user("a")), 1),
        new PromptRow(2, List.of(user("c")), 4),
        new PromptRow(4, List.of(user("h"), assistant("i"), user("j")), 6));
    assertThat(prompts.skipped().count(SkipReason.EMPTY_PROMPT)).isEqualTo(1);
    assertThat(prompts.skipped().count(SkipReason.BAD_TURNS)).isEqualTo(1);
  }
}
