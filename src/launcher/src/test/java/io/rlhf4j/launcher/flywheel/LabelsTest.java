package io.rlhf4j.launcher.flywheel;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.text.ChatMessage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelsTest {

  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("q"));

  @Test
  void theHigherScoreIsPreferredAndTheRestIsCounted() {
    Labels.Outcome outcome = Labels.of(List.of(pair("a", 1, "b", 0), pair("c", -2, "d", 3), pair("e", 1, "f", 1),
        pair("g", Double.NaN, "h", 1), pair("i", 0, "j", Double.NaN)));
    assertThat(outcome.rows()).extracting(row -> row.get("chosen") + ">" + row.get("rejected"))
        .containsExactly("a>b", "d>c");
    assertThat(outcome.ties()).isEqualTo(1);
    assertThat(outcome.unscored()).isEqualTo(2);
  }

  @Test
  void pairsAreDrawnWithoutRepetitionAndOnlyOfDifferentAnswers() {
    List<Scored> prompts = List.of(prompt("same", "same", " "), prompt("a", "b", "c"), prompt("d", "e"));
    List<Labels.Drawn> drawn = Labels.draw(prompts, 100, 5, 7);
    // None of the first, all three pairs of the second, the only one of the third.
    assertThat(drawn).hasSize(4);
    assertThat(drawn).extracting(pair -> pair.first() + pair.second()).containsOnlyOnce("de").doesNotHaveDuplicates();
    assertThat(Labels.draw(prompts, 2, 5, 7)).isEqualTo(drawn.subList(0, 2));
    assertThat(Labels.draw(prompts, 100, 1, 7)).hasSize(2);
    assertThat(drawn.getLast().unlabelled()).isEqualTo(
        Map.of("prompt", List.of(Map.of("role", "user", "content", "q")), "responses", List.of("d", "e"), "label",
            "L"));
  }

  private static Scored pair(String first, double one, String second, double other) {
    return new Scored(PROMPT, List.of(new Scored.Answer(first, one, true), new Scored.Answer(second, other, true)));
  }

  private static Scored prompt(String... answers) {
    return new Scored(PROMPT,
        List.of(answers).stream().map(text -> new Scored.Answer(text, Double.NaN, true)).toList(), "L");
  }
}
