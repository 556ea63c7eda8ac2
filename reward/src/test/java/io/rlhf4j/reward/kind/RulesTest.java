package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rewards without a model, as recipes name them. */
class RulesTest {

  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("question"));

  @Test
  void formatWantsOneThoughtBeforeTheAnswer() {
    assertThat(scores("{kind: format}", "<think>a\nb</think> 42", "<think></think>\nx", "42", "<think>a</think>",
        "<think>a</think>b<think>c</think>d", "so <think>a</think> 42")).containsExactly(1, 1, 0, 0, 0, 0);
    assertThat(scores("{kind: format, pattern: 'yes.*'}", "yes\nsir", "oh yes")).containsExactly(1, 0);
  }

  @Test
  void regexIsFoundAnywhere() {
    assertThat(scores("{kind: regex, pattern: '(?i)sorry', found: -1, missing: 0.5}", "I am Sorry.", "fine"))
        .containsExactly(-1, 0.5);
  }

  @Test
  void lengthFallsOutsideItsRange() {
    // Words: 2, 4 and 9; the last is 5 above 4, half of the scale of 10.
    assertThat(scores("{kind: length, min: 3, max: 4, scale: 10}", "a b", "a b c d", "a b c d e f g h i"))
        .containsExactly(-0.1, 0, -0.5);
    assertThat(scores("{kind: length, unit: characters, max: 1, scale: 2}", "\uD83D\uDE00", "abcdefgh"))
        .containsExactly(0, -1);
  }

  @Test
  void repetitionCountsNGramsThatWereThereBefore() {
    // Bigrams of "a b a b a": ab ba ab ba, two of four seen before.
    assertThat(scores("{kind: repetition, ngram: 2, max_penalty: 3}", "a b a b a", "a b c", "a", ""))
        .containsExactly(-1.5, 0, 0, 0);
  }

  @Test
  void languageIsAShareOfLetters() {
    assertThat(scores("{kind: language, script: latin}", "abc 123!", "ab\u4f60\u597d", "42"))
        .containsExactly(1, 0.5, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"so \\boxed{\\frac{1}{2}} then|0.5|1", "48/2 = 24 clips\n#### 24|24|1",
      "The answer is: 1,234 dollars.|$1234.00|1", "first 3 then 7|7|1", "first 7 then 3|7|0", "nothing|7|0",
      "\\boxed{x^{2}}|X^{2}|1", "#### -5|-5.0|1", "#### 5|-5|0", "the answer is Paris.|paris|1", "#### 72|a\n#### 72|1",
      "#### 50%|50|1"})
  void accuracyComparesFinalAnswers(String row) {
    String[] parts = row.split("\\|");
    List<double[]> scores =
        open("{kind: accuracy}").score(List.of(new AnswerGroup(PROMPT, List.of(parts[0]), parts[1])));
    assertThat(scores.getFirst()).containsExactly(Double.parseDouble(parts[2]));
  }

  @Test
  void accuracyWithoutALabelIsNoScoreUnlessAFileKnows(@TempDir Path directory) throws Exception {
    assertThat(scores("{kind: accuracy}", "7")).containsExactly(Double.NaN);

    Path answers = Files.writeString(directory.resolve("a.jsonl"), "{\"prompt\": \"question\", \"label\": 7}\n");
    assertThat(scores("{kind: accuracy, answers: '" + answers + "', wrong: -1}", "it is 7", "8"))
        .containsExactly(1, -1);
    assertThat(scores("{kind: accuracy, answers: '" + answers + "', extract: 'A:(\\d)'}", "A:7 9", "7"))
        .containsExactly(1, 0);
    Files.writeString(answers, "{}\n");
    assertThatThrownBy(() -> open("{kind: accuracy, answers: '" + answers + "'}")).isInstanceOf(InputException.class)
        .hasMessage(answers + ": has no row with prompt and label");
  }

  @Test
  void randomIsTheSameForTheSameAnswer() {
    double[] first = scores("{kind: random}", "a", "b", "a");
    assertThat(first).isEqualTo(scores("{kind: random}", "a", "b", "a")).isNotEqualTo(
        scores("{kind: random, seed: 18}", "a", "b", "a"));
    assertThat(first[0]).isEqualTo(first[2]).isNotEqualTo(first[1]).isBetween(0.0, 1.0);
  }

  @Test
  void aMixAddsWeightedScoresAndLeavesOutWhatHasNone() {
    Rewards rewards = open("{kind: regex, pattern: a, weight: 2}", "{kind: accuracy, weight: 10}",
        "{kind: regex, pattern: b, weight: -3}");
    AnswerGroup unlabelled = new AnswerGroup(PROMPT, List.of("ab", "a"), null);
    AnswerGroup labelled = new AnswerGroup(PROMPT, List.of("a 1"), "1");

    Rewards.Details details = rewards.details(List.of(unlabelled, labelled));

    assertThat(details.totals().get(0)).containsExactly(-1, 2);
    assertThat(details.totals().get(1)).containsExactly(12);
    assertThat(rewards.names()).containsExactly("regex", "accuracy", "regex-2");
    assertThat(details.parts().get("regex-2").get(0)).containsExactly(1, 0);
    assertThat(open("{kind: accuracy}").score(List.of(unlabelled)).getFirst()).containsExactly(Double.NaN,
        Double.NaN);
  }

  @Test
  void ensemblesTakeMeanMinimumOrDoubtIntoAccount() {
    String members = "members: [{kind: regex, pattern: a, found: 1}, {kind: regex, pattern: b, found: 4, weight: 2}]";
    // Scores 1 and 2 * 4 of "ab", 1 and 0 of "a".
    assertThat(scores("{kind: ensemble, rule: mean, " + members + "}", "ab", "a")).containsExactly(4.5, 0.5);
    assertThat(scores("{kind: ensemble, rule: min, " + members + "}", "ab", "a")).containsExactly(1, 0);
    // Scores 1 and 4: mean 2.5, standard deviation 1.5.
    assertThat(scores("{kind: ensemble, rule: uncertainty, penalty: 2, " + members.replace(", weight: 2", "") + "}",
        "ab")).containsExactly(new double[] {-0.5}, Offset.offset(1e-12));
    assertThat(scores("{kind: ensemble, members: [{kind: accuracy}]}", "x")).containsExactly(Double.NaN);
  }

  /** What a user writes: the number of exclamation marks, times an argument. */
  public static final class Exclamations implements AnswerReward {

    private final double factor;

    public Exclamations(List<String> arguments) {
      this.factor = arguments.isEmpty() ? 1 : Double.parseDouble(arguments.getFirst());
    }

    @Override
    public double[] scoreAnswers(List<Answer> answers) {
      return answers.stream().mapToDouble(answer -> factor * answer.text().chars().filter(c -> c == '!').count())
          .toArray();
    }

    @Override
    public Map<String, Long> counts() {
      return Map.of("calls", 1L);
    }
  }

  @Test
  void usersAddTheirOwn() {
    String name = Exclamations.class.getName();
    assertThat(scores("{kind: java, class_name: '" + name + "', arguments: ['2']}", "a!!", "b")).containsExactly(4, 0);
    assertThat(open("{kind: java, class_name: '" + name + "'}").counts()).containsExactly(Map.entry("java: calls", 1L));
    assertRefused("{kind: java, class_name: no.Such}", "class no.Such is not on the class path");
    assertRefused("{kind: java, class_name: java.lang.String}", "class java.lang.String must implement");
    assertRefused("{kind: java, class_name: '" + RandomReward.class.getName() + "'}", "must be public");
  }

  private static void assertRefused(String reward, String message) {
    assertThatThrownBy(() -> open(reward)).isInstanceOf(InputException.class).hasMessageContaining(message);
  }

  private static double[] scores(String reward, String... answers) {
    return open(reward).score(List.of(new AnswerGroup(PROMPT, List.of(answers), null))).getFirst();
  }

  private static Rewards open(String... rewards) {
    return Rewards.open(RecipeConfig.parse("rewards: [" + String.join(", ", rewards) + "]").rewards());
  }
}
