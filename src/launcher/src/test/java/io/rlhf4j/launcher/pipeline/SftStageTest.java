package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.ChatTemplate;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Demonstrations as tokens; the golden rows are transformers' assistant masks ({@code assistant_masks.py}). */
class SftStageTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/assistant_masks");
  private static final Path ROWS = GOLDEN.resolve("rows.jsonl");

  @Test
  void everyTurnOfTheAssistantIsLearnedAsTransformersMasksIt() throws IOException {
    List<String> expected = Files.readAllLines(ROWS);
    try (Tokenizer tokenizer = Tokenizer.load(GOLDEN)) {
      List<MaskedTokens> rows = encode(ChatRenderer.of(tokenizer), ROWS, "");
      assertThat(rows).hasSize(5);
      for (int i = 0; i < rows.size(); i++) {
        JsonNode row = new ObjectMapper().readTree(expected.get(i));
        int[] ids = ints(row.get("input_ids"));
        int[] mask = ints(row.get("mask"));
        int length = rows.get(i).length();
        assertThat(rows.get(i).tokens()).isEqualTo(Arrays.copyOf(ids, length));
        boolean[] trained = rows.get(i).trained();
        for (int t = 0; t < ids.length; t++) {
          // What the template writes after the last answer is not given to the model at all.
          assertThat(t < length && trained[t]).as("row %d, token %d", i, t).isEqualTo(mask[t] == 1);
        }
        assertThat(ids.length - length).isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void onRequestTheLastTurnAloneIsLearned() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(GOLDEN)) {
      MaskedTokens last = encode(ChatRenderer.of(tokenizer), ROWS, "turns: last").get(1);
      MaskedTokens all = encode(ChatRenderer.of(tokenizer), ROWS, "turns: all").get(1);
      assertThat(last.tokens()).isEqualTo(all.tokens());
      assertThat(last.trainedTokens()).isPositive().isLessThan(all.trainedTokens());
      assertThat(last.trained()[last.length() - 1]).isTrue();
    }
  }

  @Test
  void aTemplateThatForgetsEarlierTurnsIsNamedWithTheRow(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("rows.jsonl"), """
        {"prompt": "one", "response": "fine"}
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
         {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}
        """.replace("},\n ", "}, "));
    String template = "{% for m in messages %}{% if loop.last or m['role'] == 'user' %}<|im_start|>"
        + "{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}";
    try (Tokenizer tokenizer = Tokenizer.load(GOLDEN)) {
      ChatRenderer renderer = new ChatRenderer(tokenizer, ChatTemplate.parse(template, Map.of()));
      assertThatThrownBy(() -> encode(renderer, file, "")).isInstanceOf(InputException.class)
          .hasMessageContaining("rows.jsonl:2: ").hasMessageContaining("set sft.turns to last");
      assertThat(encode(renderer, file, "turns: last")).hasSize(2);
    }
  }

  private static List<MaskedTokens> encode(ChatRenderer renderer, Path file, String keys) {
    return SftStage.encode(renderer, SftReader.read(file), 200, RecipeConfig.parse("sft: {" + keys + "}").sft(),
        new ArrayList<>());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
