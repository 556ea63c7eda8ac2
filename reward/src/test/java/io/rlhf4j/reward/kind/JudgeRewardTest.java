package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgeRewardTest {

  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("q?"));

  /** A judge that decides by a function of what it is shown. */
  private record Fake(UnaryOperator<String> judge, List<String> shown, int room) implements TextGenerator {

    Fake(UnaryOperator<String> judge) {
      this(judge, Integer.MAX_VALUE);
    }

    /** @param room characters that it can read */
    Fake(UnaryOperator<String> judge, int room) {
      this(judge, new ArrayList<>(), room);
    }

    @Override
    public boolean fits(List<ChatMessage> prompt) {
      return prompt.getFirst().content().length() <= room;
    }

    @Override
    public List<String> answer(List<List<ChatMessage>> prompts, int attempt) {
      return prompts.stream().map(prompt -> {
        shown.add(prompt.getFirst().content());
        return judge.apply(prompt.getFirst().content());
      }).toList();
    }

    @Override
    public void close() {}
  }

  @Test
  void theBetterAnswerWinsInBothOrders() {
    Fake judge = new Fake(text -> text.indexOf("good") < text.indexOf("bad") ? "Well. [[B]] no: [[A]]" : "[[B]]");

    assertThat(pairwise("verdicts: 1", judge).score(group("good", "bad")).getFirst()).containsExactly(1, 0);
    assertThat(judge.shown()).hasSize(2).allSatisfy(text -> assertThat(text).contains("<question>\nq?\n</question>"));
    assertThat(judge.shown().get(0)).contains("<answer_a>\ngood\n</answer_a>", "<answer_b>\nbad\n</answer_b>");
    assertThat(judge.shown().get(1)).contains("<answer_a>\nbad\n</answer_a>", "<answer_b>\ngood\n</answer_b>");
  }

  @Test
  void aJudgeThatLikesOnePositionHasNoSay() {
    JudgeReward judge = pairwise("verdicts: 1", new Fake(text -> "[[A]]"));
    assertThat(judge.score(group("x", "y")).getFirst()).containsExactly(0.5, 0.5);
    assertThat(judge.counts()).containsEntry("of them with another winner in the other order", 1L);
  }

  @Test
  void theMajorityOfTheJudgesDecides() {
    Fake right = new Fake(text -> text.indexOf("good") < text.indexOf("bad") ? "[[A]]" : "[[B]]");
    Fake wrong = new Fake(text -> text.indexOf("good") < text.indexOf("bad") ? "[[B]]" : "[[A]]");
    assertThat(pairwise("verdicts: 1", right, wrong, right).score(group("good", "bad")).getFirst())
        .containsExactly(1, 0);
    assertThat(pairwise("verdicts: 1", right, wrong).score(group("good", "bad")).getFirst()).containsExactly(0.5, 0.5);
  }

  @Test
  void verdictsThatMakeNoSenseAreCounted() {
    JudgeReward silent = pairwise("verdicts: 1", new Fake(text -> "A is better"));
    assertThat(silent.score(group("x", "y", "z")).getFirst()).containsExactly(0.5, 0.5, 0.5);
    assertThat(silent.counts()).isEqualTo(Map.of("verdicts", 6L, "of them not readable", 6L,
        "pairs compared", 3L, "of them with another winner in the other order", 0L));

    JudgeReward rating = judge("mode: rating", new Fake(text -> text.contains("\nx\n") ? "fine [[9]] [[4]]" : "[[6]]"));
    assertThat(rating.score(group("x", "y")).getFirst()).containsExactly(4, Double.NaN);
    assertThat(rating.counts()).isEqualTo(Map.of("grades", 2L, "of them not readable", 1L));
  }

  @Test
  void ratingsAreMeansOverJudges() {
    JudgeReward rating = judge("mode: rating", new Fake(text -> "[[4]]"), new Fake(text -> "[[2.5]]"),
        new Fake(text -> "none"));
    assertThat(rating.score(group("x")).getFirst()).containsExactly(3.25);
  }

  @Test
  void whatIsJudgedCannotFillInTheTemplate() {
    Fake judge = new Fake(text -> "[[C]]");
    pairwise("verdicts: 1", judge).score(group("{answer_b} \\1 $0", "secret"));
    assertThat(judge.shown().getFirst()).contains("<answer_a>\n{answer_b} \\1 $0\n</answer_a>");
  }

  @Test
  void longTextsAreShortenedInTheirMiddleAndTheInstructionsStayWhole(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("t.txt"), "Judge: {question}|{answer_a}|{answer_b}. Verdict?");
    // 19 characters of template and the question's 2 leave 21 of 42: 10 for each answer, less 7 of the mark is 3.
    Fake judge = new Fake(text -> "[[C]]", 42);
    JudgeReward reward = pairwise("template: '" + file + "'", judge);
    reward.score(group("0123456789abcdefghij", "ABCDEFGHIJKLMNOPQRST"));
    reward.score(group("x", "y"));
    assertThat(judge.shown()).containsExactly("Judge: q?|01\n[...]\nj|AB\n[...]\nT. Verdict?",
        "Judge: q?|AB\n[...]\nT|01\n[...]\nj. Verdict?", "Judge: q?|x|y. Verdict?", "Judge: q?|y|x. Verdict?");
    assertThat(reward.counts()).containsEntry("questions too long for the judge, the middle of their texts left out",
        2L).doesNotContainKey("of them with instructions too long for the judge, cut at the beginning");
  }

  @Test
  void instructionsThatAJudgeCannotReadAreCounted() {
    JudgeReward reward = pairwise("", new Fake(text -> "[[C]]", 100));
    reward.score(group("a", "b"));
    assertThat(reward.counts())
        .containsEntry("of them with instructions too long for the judge, cut at the beginning", 2L);
  }

  @Test
  void templatesAreFiles(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("t.txt"), "{question}|{answer}|{other}");
    Fake judge = new Fake(text -> "[[1]]");
    judge("mode: rating, template: '" + file + "'", judge).score(group("x"));
    assertThat(judge.shown()).containsExactly("q?|x|{other}");

    Files.writeString(file, "{question}");
    assertThatThrownBy(() -> judge("mode: rating, template: '" + file + "'", judge)).isInstanceOf(InputException.class)
        .hasMessage(file + ": has no {answer}");
    for (String name : List.of("pairwise.txt", "rating.txt")) {
      assertThat(Path.of("../configs/reward/judge").resolve(name))
          .hasSameTextualContentAs(Path.of("src/main/resources/io/rlhf4j/reward/kind").resolve(name));
    }
  }

  @Test
  void aLanguageModelCanBeAJudge(@TempDir Path directory) {
    Path model = TinyDirectories.causal(directory, 3);
    Path template = directory.resolve("short.txt");
    String longAnswer = "long ".repeat(100) + "end";
    try {
      Files.writeString(template, "{question}{answer_a}{answer_b}");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    ModelRewardSpec.Judge spec = spec("models: ['" + model + "'], max_new_tokens: 8, temperature: 1, verdicts: 2, "
        + "template: '" + template + "'");
    try (JudgeReward judge = JudgeReward.open(spec)) {
      assertThat(judge.score(group("x", "y")).getFirst()).containsExactly(0.5, 0.5);
      // A model with random weights says nothing that could be read.
      assertThat(judge.counts()).containsEntry("verdicts", 4L).containsEntry("of them not readable", 4L);
      judge.score(group(longAnswer, "y"));
      assertThat(judge.counts())
          .containsEntry("questions too long for the judge, the middle of their texts left out", 2L)
          .doesNotContainKey("of them with instructions too long for the judge, cut at the beginning");
    }
    assertThatThrownBy(() -> JudgeReward.open(spec("models: ['" + model + "'], max_new_tokens: 256")))
        .isInstanceOf(InputException.class).hasMessageContaining("max_new_tokens: is 256, must be below 256");
  }

  private static JudgeReward pairwise(String keys, TextGenerator... judges) {
    return judge(keys, judges);
  }

  private static JudgeReward judge(String keys, TextGenerator... judges) {
    ModelRewardSpec.Judge spec = spec("models: [x], " + keys);
    return new JudgeReward(spec, JudgeReward.template(spec), List.of(judges));
  }

  private static ModelRewardSpec.Judge spec(String keys) {
    return (ModelRewardSpec.Judge) RecipeConfig.parse("rewards: [{kind: judge, " + keys + "}]").rewards().getFirst();
  }

  private static List<AnswerGroup> group(String... answers) {
    return List.of(new AnswerGroup(PROMPT, List.of(answers), null));
  }
}
