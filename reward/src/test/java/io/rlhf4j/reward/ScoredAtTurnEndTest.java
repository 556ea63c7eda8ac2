package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoredAtTurnEndTest {

  private static final String EOS = "<|pad|>";
  private static final String TURN_END = "<|im_end|>";
  private static final int TURN_START = 1;

  @TempDir
  private Path directory;

  private final Recorded recorded = new Recorded();

  @BeforeEach
  void writeATokenizerWithAnotherEos() {
    TinyDirectories.withAnotherEos(TinyDirectories.causal(directory, 5));
  }

  @Test
  void anAnswerIsClosedAsTheTemplateClosesIt() {
    assertRead(StopRules.NONE, "good" + TURN_END, "good" + TURN_END);
    assertRead(StopRules.NONE, "good" + EOS, "good" + TURN_END);
    assertRead(StopRules.NONE, EOS, TURN_END);
    // Cut by its length.
    assertRead(StopRules.NONE, "good", "good");
  }

  @Test
  void whatStoppedAnAnswerIsNotRead() {
    StopRules stop = new StopRules(List.of(TURN_START), List.of("END"));
    assertRead(stop, "good<|im_start|>", "good" + TURN_END);
    assertRead(stop, "good answerEND", "good answer" + TURN_END);
    assertRead(stop, "goodEND" + EOS, "goodEND" + TURN_END);
    assertRead(stop, "goodENDing", "goodENDing");
    assertRead(stop, "goodEN", "goodEN");
  }

  @Test
  void aStopTokenThatIsTextIsReadBeforeTheEndOfTheTurn() {
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      StopRules stop = new StopRules(List.of(tokenizer.encode("!")[0]), List.of());
      assertRead(stop, "good!", "good!" + TURN_END);
    }
  }

  /** A stop string may begin within a token: only that token is spelled anew. */
  @Test
  void tokensBeforeAStopStringStay() {
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      // The last token spells more than the stop string, and the others are not those of an encoder.
      assertThat(tokenizer.encode("good")).hasSizeLessThan(4);
      assertThat(tokenizer.encode(" o")).hasSize(1);
      int[] response = letters(tokenizer, "good");
      int[] all = TokenSequence.of(response, tokenizer.encode(" o")).tokens();

      int[] read = read(new StopRules(List.of(), List.of("o")), TokenSequence.of(new int[] {9}, all));

      int[] closed = TokenSequence.of(response, tokenizer.encode(" " + TURN_END)).tokens();
      assertThat(read).containsExactly(TokenSequence.of(new int[] {9}, closed).tokens());
    }
  }

  @Test
  void withoutATemplateTheModelIsClosed() throws Exception {
    Files.delete(directory.resolve("tokenizer_config.json"));
    assertThatThrownBy(() -> ScoredAtTurnEnd.open(recorded, directory, StopRules.NONE))
        .isInstanceOf(InputException.class);
    assertThat(recorded.closed).isTrue();
  }

  private void assertRead(StopRules stop, String sampled, String expected) {
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      int[] prompt = ChatRenderer.of(tokenizer).promptIds(List.of(ChatMessage.user("which one?")));
      assertThat(read(stop, TokenSequence.of(prompt, tokenizer.encode(sampled)))).as(sampled)
          .containsExactly(TokenSequence.of(prompt, tokenizer.encode(expected)).tokens());
    }
  }

  private int[] read(StopRules stop, TokenSequence sequence) {
    try (ScoredAtTurnEnd role = ScoredAtTurnEnd.open(recorded, directory, stop)) {
      role.score(List.of(sequence));
    }
    TokenSequence read = recorded.read.getLast();
    assertThat(read.promptLength()).isEqualTo(sequence.promptLength());
    return read.tokens();
  }

  private static int[] letters(Tokenizer tokenizer, String word) {
    return word.chars().mapToObj(Character::toString).flatMapToInt(letter -> {
      int[] ids = tokenizer.encode(letter);
      assertThat(ids).hasSize(1);
      return IntStream.of(ids);
    }).toArray();
  }

  /** Remembers what it was given to score. */
  private static final class Recorded implements RewardRole {

    private final List<TokenSequence> read = new ArrayList<>();
    private boolean closed;

    @Override
    public float[] score(List<TokenSequence> sequences) {
      read.addAll(sequences);
      return new float[sequences.size()];
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
