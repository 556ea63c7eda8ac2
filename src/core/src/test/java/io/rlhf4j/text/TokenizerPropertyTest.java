package io.rlhf4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class TokenizerPropertyTest {

  private static Tokenizer tokenizer;

  @BeforeContainer
  static void train() throws IOException {
    Path directory = Files.createTempDirectory("tokenizer");
    ByteLevelBpeTrainer.train(Stream.of("the parcel, the return and the refund"), BpeRecipe.chat(280), directory);
    tokenizer = Tokenizer.load(directory);
  }

  @AfterContainer
  static void close() {
    tokenizer.close();
  }

  @Property(tries = 500, seed = "17")
  void decodeUndoesEncode(@ForAll("texts") String text) {
    int[] ids = tokenizer.encode(text);

    assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
    assertThat(Arrays.stream(ids).allMatch(id -> id >= 0 && id < tokenizer.vocabularySize())).isTrue();
  }

  @Property(tries = 200, seed = "17")
  void specialTokensSeparateTheirNeighbours(@ForAll("texts") String left, @ForAll("texts") String right) {
    int[] joined = tokenizer.encode(left + "<|im_end|>" + right);
    List<int[]> parts = List.of(tokenizer.encode(left), new int[] {tokenizer.eosId()}, tokenizer.encode(right));

    assertThat(joined).containsExactly(parts.stream().flatMapToInt(Arrays::stream).toArray());
  }

  @Property(tries = 200, seed = "17")
  void conversationsReadBackAsWritten(@ForAll("texts") String question, @ForAll("texts") String answer) {
    ChatRenderer renderer = ChatRenderer.of(tokenizer);
    List<ChatMessage> prompt = List.of(ChatMessage.user(question));
    TokenSequence sequence = renderer.sequence(prompt, answer);
    String whole = renderer.promptText(prompt) + answer + "<|im_end|>";

    assertThat(tokenizer.decode(sequence.tokens(), false)).isEqualTo(whole);
    assertThat(Arrays.stream(sequence.tokens()).filter(id -> id == tokenizer.eosId()).count()).isEqualTo(2);
    assertThat(Arrays.copyOf(sequence.tokens(), sequence.promptLength())).containsExactly(renderer.promptIds(prompt));
  }

  /** Any code points but surrogates and {@link ControlTokens}' mark, with familiar words and spaces mixed in. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> any = Arbitraries.integers().between(0, Character.MAX_CODE_POINT)
        .filter(c -> c != 0xFDD0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE))
        .map(Character::toString);
    Arbitrary<String> familiar =
        Arbitraries.of("the parcel", " ", "\n", "\u00a0", "\t", "'s", "7", "🎉", "é", "<|im", "<|im_end|>");
    return Arbitraries.oneOf(any, familiar).list().ofMaxSize(20).map(parts -> String.join("", parts));
  }
}
