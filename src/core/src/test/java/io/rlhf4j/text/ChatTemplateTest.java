package io.rlhf4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ChatTemplateTest {

  private static final Path FOLDER = Path.of("src/test/resources/io/rlhf4j/text/chat");
  private static final JsonMapper JSON = new JsonMapper();

  /** The expected texts come from transformers: src/benchmarks/golden/chat_templates.py, which fixes this date. */
  private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-26T09:05:03Z"), ZoneOffset.UTC);

  @TestFactory
  Stream<DynamicTest> rendersByteForByteAsTransformersDoes() throws IOException {
    JsonNode golden = JSON.readTree(FOLDER.resolve("golden.json").toFile());
    Map<String, String> variables = JSON.convertValue(golden.get("variables"), new TypeReference<>() {});
    assertThat(golden.get("renderings")).hasSizeGreaterThan(300);
    return StreamSupport.stream(golden.get("renderings").spliterator(), false).map(row -> {
      String name = row.get("template").asText();
      String conversation = row.get("conversation").asText();
      boolean prompt = row.get("add_generation_prompt").asBoolean();
      List<ChatMessage> messages =
          JSON.convertValue(golden.get("conversations").get(conversation), new TypeReference<>() {});
      return DynamicTest.dynamicTest(name + ", " + conversation + (prompt ? ", generation prompt" : ""), () -> {
        ChatTemplate template = ChatTemplate.parse(Files.readString(FOLDER.resolve(name + ".jinja")), variables, CLOCK);
        if (row.get("text").isNull()) {
          assertThatThrownBy(() -> template.render(messages, prompt)).isInstanceOf(InputException.class);
        } else {
          assertThat(template.render(messages, prompt)).isEqualTo(row.get("text").asText());
        }
      });
    });
  }

  @Test
  void theBuiltInTemplateIsChatMl() {
    ChatTemplate template = ChatTemplate.parse(BuiltInTemplates.CHAT, Map.of());

    assertThat(template.render(List.of(ChatMessage.user("Hi {{ x }}"), ChatMessage.assistant(" Yo\n")), true))
        .isEqualTo("<|im_start|>user\nHi {{ x }}<|im_end|>\n"
            + "<|im_start|>assistant\n Yo\n<|im_end|>\n<|im_start|>assistant\n");
  }

  @Test
  void reportsTheTemplatesOwnComplaintWithItsLine() {
    ChatTemplate template = ChatTemplate.parse("{{ messages[0].content }}\n{{ raise_exception('No!') }}", Map.of());

    assertThatThrownBy(() -> template.render(List.of(ChatMessage.user("x")), false))
        .isInstanceOf(InputException.class).hasMessage("chat template:2: No!");
  }
}
