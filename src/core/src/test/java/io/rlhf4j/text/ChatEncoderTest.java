package io.rlhf4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatEncoderTest {

  private static final List<ChatMessage> QUESTION = List.of(new ChatMessage("user", "hello there"));

  @TempDir
  Path directory;

  @Test
  void promptAndAnswerJoinToTheRenderedConversationUpToItsEnd() {
    try (Tokenizer tokenizer = tokenizer()) {
      ChatEncoder encoder = new ChatEncoder(tokenizer);
      String prompt = tokenizer.decode(encoder.prompt(QUESTION), false);
      String answer = tokenizer.decode(encoder.answer(QUESTION, "hi"), false);
      assertThat(prompt).isEqualTo("<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\n");
      assertThat(answer).isEqualTo("hi<|im_end|>");
    }
  }

  @Test
  void anAnswerEndsWithExactlyOneEndToken() {
    try (Tokenizer tokenizer = tokenizer()) {
      int[] answer = new ChatEncoder(tokenizer).answer(QUESTION, "hi");
      assertThat(answer).endsWith(tokenizer.eosId());
      assertThat(answer).containsOnlyOnce(tokenizer.eosId());
    }
  }

  @Test
  void aTemplateWithoutAnEndTokenGetsOne() {
    trainTokenizer();
    try (Tokenizer tokenizer = Tokenizer.load(directory, "{% for m in messages %}{{ m.content }}|{% endfor %}")) {
      assertThat(tokenizer.decode(new ChatEncoder(tokenizer).answer(QUESTION, "hi"), false))
          .isEqualTo("hi|<|im_end|>");
    }
  }

  @Test
  void aTemplateThatRewritesThePromptIsRefused() {
    trainTokenizer();
    String rewriting = "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}";
    try (Tokenizer tokenizer = Tokenizer.load(directory, rewriting)) {
      assertThatThrownBy(() -> new ChatEncoder(tokenizer).answer(QUESTION, "hi")).isInstanceOf(InputException.class)
          .hasMessageContaining("does not continue its generation prompt");
    }
  }

  private Tokenizer tokenizer() {
    trainTokenizer();
    return Tokenizer.load(directory);
  }

  private void trainTokenizer() {
    ByteLevelBpeTrainer.train(Stream.of("hello there, hello hi"), BpeRecipe.chat(280), directory);
  }
}
