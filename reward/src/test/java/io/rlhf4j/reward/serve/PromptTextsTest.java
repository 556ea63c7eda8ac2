package io.rlhf4j.reward.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.serve.PromptTexts.Form;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A prompt that a template wrote must not go through a template again. */
class PromptTextsTest {

  private static final List<ChatMessage> CONVERSATION = List.of(ChatMessage.system("be kind"), ChatMessage.user("1+1?"),
      ChatMessage.assistant("2"), ChatMessage.user("and +1?"));

  @TempDir
  private Path directory;
  private Tokenizer tokenizer;
  private ChatRenderer renderer;
  private String turnEnd;

  @BeforeEach
  void trainTokenizer() {
    ByteLevelBpeTrainer.train(Stream.of("which answer is the better one?"), BpeRecipe.chat(280), directory);
    tokenizer = Tokenizer.load(directory);
    renderer = ChatRenderer.of(tokenizer);
    turnEnd = spelling(renderer.turnEndId());
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @Test
  void renderedPromptsAreReadBack() throws Exception {
    String prompt = renderer.promptText(CONVERSATION);
    AnswerGroup group = read(Form.AUTO, directory, prompt + "It is 3." + turnEnd, prompt);
    assertThat(group.prompt()).isEqualTo(CONVERSATION);
    assertThat(group.answers()).containsExactly("It is 3.");
    // What a model reads is then what the client's template wrote, with the answer.
    assertThat(renderer.sequence(group.prompt(), "It is 3.").tokens())
        .isEqualTo(renderer.sequence(CONVERSATION, "It is 3.").tokens());

    // As tokens that were decoded: padding before, end and padding behind.
    String pad = spelling(tokenizer.padId());
    AnswerGroup padded = read(Form.RENDERED, directory, pad + pad + prompt + "It is 3." + turnEnd + pad, prompt);
    assertThat(padded).isEqualTo(group);
  }

  @Test
  void plainTextsStayWhatTheUserSaid() throws Exception {
    AnswerGroup group = read(Form.AUTO, directory, "how many? It is 7.", "how many?");
    assertThat(group.prompt()).containsExactly(ChatMessage.user("how many?"));
    assertThat(group.answers()).containsExactly("It is 7.");
    assertThat(read(Form.AUTO, null, "how many? 7", "how many?").prompt()).isEqualTo(group.prompt());
    String prompt = renderer.promptText(CONVERSATION);
    assertThat(read(Form.PLAIN, directory, prompt + "x", prompt).prompt())
        .containsExactly(ChatMessage.user(prompt.strip()));
  }

  @Test
  void otherTemplatesAreRefusedRatherThanRenderedTwice() {
    String foreign = "[USER]" + turnEnd + " hi";
    assertThatThrownBy(() -> read(Form.AUTO, directory, foreign + "x", foreign)).isInstanceOf(Refused.class)
        .hasMessageStartingWith("prompt 1 is not as the chat template of").hasMessageContaining("--prompts-tokenizer");
    assertThatThrownBy(() -> read(Form.RENDERED, directory, "hi there", "hi")).isInstanceOf(Refused.class);
    assertThatThrownBy(() -> read(Form.AUTO, directory, "hi there", "ho")).isInstanceOf(Refused.class)
        .hasMessage("query 1 does not begin with its prompt");
  }

  @Test
  void optionsAreChecked() {
    assertThatThrownBy(() -> PromptTexts.of(Form.RENDERED, null)).isInstanceOf(InputException.class)
        .hasMessageContaining("--prompts-tokenizer");
    assertThatThrownBy(() -> PromptTexts.form("both")).isInstanceOf(InputException.class)
        .hasMessageContaining("must be auto, plain or rendered");
    assertThat(PromptTexts.form("auto")).isEqualTo(Form.AUTO);
  }

  private static AnswerGroup read(Form form, Path directory, String query, String prompt) throws Exception {
    ObjectNode body = new ObjectMapper().createObjectNode();
    body.putArray("query").add(query);
    body.putArray("prompts").add(prompt);
    try (PromptTexts prompts = PromptTexts.of(form, directory)) {
      return new GetReward(prompts).read(body.toString().getBytes(StandardCharsets.UTF_8)).groups().getFirst();
    }
  }

  private String spelling(int id) {
    return tokenizer.decode(new int[] {id}, false);
  }
}
