package io.rlhf4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {

  private static final Path GOLDEN = Path.of("src/test/resources/io/rlhf4j/text/bpe");
  private static final String CONFIG = """
      {"eos_token": "<|im_end|>", "pad_token": {"content": "<|pad|>", "special": true},
       "chat_template": "T{{ eos_token }}{{ bos_token }}"}""";

  @TempDir
  Path directory;

  @Test
  void givesTheIdsAndTextsThatPythonGives() throws IOException {
    JsonNode rows = new JsonMapper().readTree(GOLDEN.resolve("encodings.json").toFile());
    try (Tokenizer tokenizer = load()) {
      assertThat(rows).hasSizeGreaterThan(10).allSatisfy(row -> {
        int[] ids = IntStream.range(0, row.get("ids").size()).map(i -> row.get("ids").get(i).asInt()).toArray();
        assertThat(tokenizer.encode(row.get("text").asText())).containsExactly(ids);
        assertThat(tokenizer.decode(ids, false)).isEqualTo(row.get("decoded").asText());
        assertThat(tokenizer.decode(ids, true)).isEqualTo(row.get("decoded_without_specials").asText());
      });
    }
  }

  @Test
  void neitherTruncatesNorPads() throws IOException {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.encode("x".repeat(5000))).hasSize(5000);
      assertThat(tokenizer.encode("")).isEmpty();
      assertThat(tokenizer.decode(new int[0], false)).isEmpty();
    }
  }

  @Test
  void dropsTheTruncationAndPaddingThatTheFileWasSavedWith() throws IOException {
    String saved = Files.readString(GOLDEN.resolve("tokenizer.json"))
        .replace("\"truncation\": null", """
            "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}""")
        .replace("\"padding\": null", """
            "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
             "pad_type_id": 0, "pad_token": "<|pad|>"}""");
    assertThat(saved).contains("LongestFirst").contains("Fixed");
    Files.writeString(directory.resolve("tokenizer.json"), saved);
    Files.writeString(directory.resolve("tokenizer_config.json"), CONFIG);

    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      assertThat(tokenizer.encode("xxxxxxxx")).hasSize(8);
      assertThat(tokenizer.encode("xx")).hasSize(2);
    }
  }

  @Test
  void knowsItsSpecialTokens() throws IOException {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.eosToken()).isEqualTo("<|im_end|>");
      assertThat(tokenizer.eosId()).isEqualTo(2);
      assertThat(tokenizer.padId()).isZero();
      assertThat(tokenizer.bosId()).isEmpty();
      assertThat(tokenizer.idOf("<|im_start|>")).hasValue(1);
      assertThat(tokenizer.idOf("no such token")).isEmpty();
      assertThat(tokenizer.vocabularySize()).isEqualTo(420);
      assertThat(tokenizer.chatTemplateSource()).hasValue("T{{ eos_token }}{{ bos_token }}");
      assertThat(tokenizer.chatTemplate().orElseThrow().render(List.of(), false)).isEqualTo("T<|im_end|>");
    }
  }

  @Test
  void prefersTheTemplateFileAndAnExplicitTemplateOverTheConfiguration() throws IOException {
    load().close();
    Files.writeString(directory.resolve("chat_template.jinja"), "from the file");

    try (Tokenizer own = Tokenizer.load(directory); Tokenizer given = Tokenizer.load(directory, "given")) {
      assertThat(own.chatTemplateSource()).hasValue("from the file");
      assertThat(given.chatTemplateSource()).hasValue("given");
      given.copyTo(directory.resolve("copy"));
    }
    try (Tokenizer copy = Tokenizer.load(directory.resolve("copy"))) {
      assertThat(copy.chatTemplateSource()).hasValue("given");
      assertThat(copy.encode("parcel")).isNotEmpty();
    }
  }

  @Test
  void replacesLoneSurrogates() throws IOException {
    try (Tokenizer tokenizer = load()) {
      assertThat(tokenizer.decode(tokenizer.encode("a\uD83Db\uDE00"), false)).isEqualTo("a\uFFFDb\uFFFD");
    }
  }

  @Test
  void servesSeveralThreads() throws Exception {
    String text = Files.readString(GOLDEN.resolve("corpus.txt"));
    try (Tokenizer tokenizer = load(); ExecutorService threads = Executors.newFixedThreadPool(4)) {
      int[] expected = tokenizer.encode(text);
      List<Future<int[]>> results =
          IntStream.range(0, 40).mapToObj(i -> threads.submit(() -> tokenizer.encode(text))).toList();
      for (Future<int[]> result : results) {
        assertThat(result.get()).containsExactly(expected);
      }
    }
  }

  @Test
  void refusesADirectoryThatIsNoTokenizer() throws IOException {
    assertThatThrownBy(() -> Tokenizer.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("no tokenizer.json");

    Files.writeString(directory.resolve("tokenizer.json"), "{\n oops");
    assertThatThrownBy(() -> Tokenizer.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("tokenizer.json:2: not JSON");
  }

  @Test
  void refusesATokenizerWithoutEos() throws IOException {
    Files.copy(GOLDEN.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Tokenizer.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("no eos_token");

    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    assertThatThrownBy(() -> Tokenizer.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("eos_token is </s>, which tokenizer.json does not contain");
  }

  private Tokenizer load() throws IOException {
    Files.copy(GOLDEN.resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    Files.writeString(directory.resolve("tokenizer_config.json"), CONFIG);
    return Tokenizer.load(directory);
  }
}
