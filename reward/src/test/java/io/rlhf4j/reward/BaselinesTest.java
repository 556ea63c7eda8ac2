package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.text.ChatMessage;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class BaselinesTest {

  private static final List<PreferencePair> PAIRS =
      List.of(pair("long answer", "short"), pair("a", "bb"), pair("ab", "cd"), pair("three", "3"));

  @Test
  void lengthIsCountedInCharacters() {
    RewardEvaluation longer = RewardEvaluation.of(Baselines.longer(PAIRS));
    RewardEvaluation shorter = RewardEvaluation.of(Baselines.shorter(PAIRS));

    assertThat(longer.correct()).isEqualTo(2);
    assertThat(shorter.correct()).isEqualTo(1);
    assertThat(longer.ties()).isEqualTo(1);
    assertThat(shorter.ties()).isEqualTo(1);
    // One emoji is one character, although Java counts two.
    assertThat(Baselines.longer(List.of(pair("\uD83D\uDE00", "x"))).getFirst().tied()).isTrue();
  }

  @Test
  void chanceIsSeededAndFair() {
    List<PreferencePair> many = Collections.nCopies(10_000, PAIRS.getFirst());

    assertThat(Baselines.random(many.size(), 1)).isEqualTo(Baselines.random(many.size(), 1))
        .isNotEqualTo(Baselines.random(many.size(), 2));
    assertThat(RewardEvaluation.of(Baselines.random(many.size(), 1)).accuracy().value()).isBetween(0.48, 0.52);
  }

  private static PreferencePair pair(String chosen, String rejected) {
    return new PreferencePair(List.of(ChatMessage.user("q")), chosen, rejected, 0, 1);
  }
}
