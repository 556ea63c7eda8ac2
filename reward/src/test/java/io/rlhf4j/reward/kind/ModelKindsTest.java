package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec.StepAggregate;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rewards that read models, against what the logits of the whole sequence say. */
class ModelKindsTest {

  private static final Offset<Double> ROUNDING = Offset.offset(2e-5);
  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("which one?"));
  private static final List<ChatMessage> LONG_PROMPT = List.of(ChatMessage.system("be good"),
      ChatMessage.user("which?"), ChatMessage.assistant("this"), ChatMessage.user("better?"));

  @TempDir
  private static Path directory;
  private static Path policy = Path.of("");
  private static Path reference = Path.of("");
  private static Path scalar = Path.of("");

  @BeforeAll
  static void writeModels() {
    policy = TinyDirectories.causal(directory.resolve("policy"), 3);
    reference = TinyDirectories.causal(directory.resolve("reference"), 4);
    scalar = TinyDirectories.scalar(directory.resolve("scalar"), 5);
  }

  @Test
  void dpoIsTheDifferenceOfLogProbabilities() {
    AnswerGroup group = new AnswerGroup(LONG_PROMPT, List.of("a good one", "bad"), null);
    List<double[]> own = answerLogProbs(policy, group);
    List<double[]> other = answerLogProbs(reference, group);

    double[] difference =
        scores("{kind: dpo, path: '" + policy + "', reference: '" + reference + "', beta: 0.5}", group);
    double[] average = scores("{kind: dpo, path: '" + policy + "', beta: 1}", group);
    double[] sum = scores("{kind: dpo, path: '" + policy + "', beta: 1, reduction: sum}", group);
    double[] norm = scores("{kind: dpo, path: '" + policy + "', beta: 1, reduction: norm}", group);
    double[] perplexity = scores("{kind: perplexity, path: '" + policy + "'}", group);

    for (int i = 0; i < 2; i++) {
      double total = 0;
      double reference = 0;
      double squares = 0;
      for (int t = 0; t < own.get(i).length; t++) {
        total += own.get(i)[t];
        reference += other.get(i)[t];
        squares += own.get(i)[t] * own.get(i)[t];
      }
      assertThat(difference[i]).isCloseTo(0.5 * (total - reference), ROUNDING);
      assertThat(sum[i]).isCloseTo(total, ROUNDING);
      assertThat(average[i]).isCloseTo(total / own.get(i).length, ROUNDING);
      assertThat(perplexity[i]).isCloseTo(average[i], ROUNDING);
      assertThat(norm[i]).isCloseTo(-Math.sqrt(squares), ROUNDING);
    }
    assertThat(Math.abs(difference[0] - difference[1])).isGreaterThan(0.01);
    assertThatThrownBy(() -> RecipeConfig.parse("rewards: [{kind: dpo, path: a, reference: b, reduction: norm}]"))
        .hasMessageContaining("rewards[1].reduction: is norm, must be sum or avg where there is a reference");
  }

  @Test
  void pairsAreShownInBothOrders() {
    List<String> answers = List.of("good", "bad", "the better one");
    double[][] prefersFirst = new double[3][3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        prefersFirst[i][j] = probabilityOfA("[CONTEXT] which one? [RESPONSE A] " + answers.get(i) + " [RESPONSE B] "
            + answers.get(j) + "\n");
      }
    }

    double[] scores = scores("{kind: pair, path: '" + policy + "'}", new AnswerGroup(PROMPT, answers, null));

    for (int i = 0; i < 3; i++) {
      double expected = 0;
      for (int j = 0; j < 3; j++) {
        expected += i == j ? 0 : (prefersFirst[i][j] + 1 - prefersFirst[j][i]) / 4;
      }
      assertThat(scores[i]).isCloseTo(expected, ROUNDING);
    }
    assertThat(scores[0] + scores[1] + scores[2]).isCloseTo(1.5, ROUNDING);
    assertThat(scores("{kind: pair, path: '" + policy + "'}", new AnswerGroup(PROMPT, List.of("alone"), null)))
        .containsExactly(Double.NaN);
    assertThatThrownBy(() -> open("{kind: pair, path: '" + policy + "', token_a: zebra}"))
        .isInstanceOf(InputException.class).hasMessageContaining("token_a: is 'zebra', which takes");
  }

  @Test
  void stepsAreReadWhereTheyEnd() {
    String answer = "good\n\nbad one\n\n\n\nwhich";
    try (Tokenizer tokenizer = Tokenizer.load(policy)) {
      int[] tokens = ChatRenderer.of(tokenizer).promptIds(PROMPT);
      List<Integer> ends = new ArrayList<>();
      for (String step : List.of("good", "bad one", "which")) {
        tokens = TokenSequence.of(TokenSequence.of(tokens, tokenizer.encode(step)).tokens(),
            tokenizer.encode("\n\n")).tokens();
        ends.add(tokens.length - 1);
      }
      double[] byScore = new double[3];
      double[] byWord = new double[3];
      for (int i = 0; i < 3; i++) {
        byScore[i] = sigmoid(scalarScore(tokens, ends.get(i)));
        double[] next = logits(policy, tokens)[ends.get(i)];
        byWord[i] = sigmoid(next[tokenizer.encode("+")[0]] - next[tokenizer.encode("-")[0]]);
      }

      assertThat(process(scalar, "last", answer)).isCloseTo(byScore[2], ROUNDING);
      assertThat(process(scalar, "product", answer)).isCloseTo(byScore[0] * byScore[1] * byScore[2], ROUNDING);
      assertThat(process(policy, "mean", answer)).isCloseTo((byWord[0] + byWord[1] + byWord[2]) / 3, ROUNDING);
      assertThat(process(policy, "min", answer)).isCloseTo(Math.min(byWord[0], Math.min(byWord[1], byWord[2])),
          ROUNDING);
      assertThat(process(policy, "min", "  ")).isNaN();
    }
    assertThat(ProcessReward.aggregate(StepAggregate.MIN, new double[] {0.5, 0.2, 0.9})).isEqualTo(0.2);
    assertThat(ProcessReward.aggregate(StepAggregate.PRODUCT, new double[] {0.5, 0.2, 0.5})).isEqualTo(0.05);
    assertThat(ProcessReward.aggregate(StepAggregate.LAST, new double[] {0.5, 0.2, 0.9})).isEqualTo(0.9);
    assertThat(ProcessReward.aggregate(StepAggregate.MEAN, new double[] {0.5, 0.25, 0.75})).isEqualTo(0.5);
    assertThatThrownBy(() -> open("{kind: process, path: '" + scalar + "', placeholder: zebra}"))
        .isInstanceOf(InputException.class).hasMessageContaining("is no token of");
  }

  @Test
  void stepsBeyondTheModelAreLeftOutAndCounted() {
    Rewards rewards = open("{kind: process, path: '" + scalar + "', aggregate: mean}");
    String longest = "good\n\n" + "which ".repeat(200);
    double first = process(scalar, "mean", "good");

    assertThat(rewards.score(List.of(new AnswerGroup(PROMPT, List.of(longest), null))).getFirst()[0])
        .isCloseTo(first, ROUNDING);
    assertThat(rewards.counts()).containsValue(1L);
  }

  @Test
  void scoresDoNotDependOnBatchOrOrder() {
    List<AnswerGroup> groups = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      groups.add(new AnswerGroup(i % 2 == 0 ? PROMPT : LONG_PROMPT, List.of("good ".repeat(i + 1), "bad " + i), null));
    }
    for (String kind : List.of("sequence, path: '" + scalar + "'", "dpo, path: '" + policy + "'",
        "pair, path: '" + policy + "'", "process, path: '" + policy + "'")) {
      List<AnswerGroup> backwards = new ArrayList<>(groups);
      Collections.reverse(backwards);
      List<double[]> together = open("{kind: " + kind + "}").score(groups);
      List<double[]> reversed = open("{kind: " + kind + ", max_tokens: 60}").score(backwards);
      for (int g = 0; g < groups.size(); g++) {
        assertThat(reversed.get(groups.size() - 1 - g)).as(kind).containsExactly(together.get(g), ROUNDING);
      }
    }
  }

  @Test
  void promptsTooLongForTheModelLoseTheirBeginning() {
    Rewards rewards = open("{kind: sequence, path: '" + scalar + "'}");
    AnswerGroup group = new AnswerGroup(List.of(ChatMessage.user("which ".repeat(300))), List.of("good", "bad"), null);

    double[] scores = rewards.score(List.of(group)).getFirst();

    assertThat(scores[0]).isNotEqualTo(scores[1]);
    assertThat(rewards.counts()).containsValue(2L);
    assertThat(new SequenceFitter(6, 7).fit(new TokenSequence(new int[] {7, 1, 2, 3, 4, 5, 6}, 5)).tokens())
        .containsExactly(7, 2, 3, 4, 5, 6);
    assertThat(new SequenceFitter(4, 7).fit(new TokenSequence(new int[] {7, 1, 2, 3, 4, 5, 9}, 2)))
        .satisfies(cut -> assertThat(cut.tokens()).containsExactly(1, 2, 3, 9));
  }

  private static double process(Path model, String aggregate, String answer) {
    return scores("{kind: process, path: '" + model + "', aggregate: " + aggregate + "}",
        new AnswerGroup(PROMPT, List.of(answer), null))[0];
  }

  private static double probabilityOfA(String question) {
    try (Tokenizer tokenizer = Tokenizer.load(policy)) {
      int[] ids = ChatRenderer.of(tokenizer).promptIds(List.of(ChatMessage.user(question)));
      double[] next = logits(policy, ids)[ids.length - 1];
      return sigmoid(next[tokenizer.encode("A")[0]] - next[tokenizer.encode("B")[0]]);
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static List<double[]> answerLogProbs(Path model, AnswerGroup group) {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return group.answers().stream().map(answer -> {
        TokenSequence sequence = ChatRenderer.of(tokenizer).sequence(group.prompt(), answer);
        double[][] logits = logits(model, sequence.tokens());
        double[] logProbs = new double[sequence.responseLength()];
        for (int t = 0; t < logProbs.length; t++) {
          double[] row = logits[sequence.promptLength() + t - 1];
          double sum = 0;
          for (double logit : row) {
            sum += Math.exp(logit);
          }
          logProbs[t] = row[sequence.tokens()[sequence.promptLength() + t]] - Math.log(sum);
        }
        return logProbs;
      }).toList();
    }
  }

  private static double[][] logits(Path directory, int[] tokens) {
    try (CausalModel model = CausalModel.load(directory); MemoryScope ignored = MemoryScope.open()) {
      float[] flat = model.logits(model.hidden(PackedBatch.of(List.of(tokens)))).toFloats();
      int vocabulary = flat.length / tokens.length;
      double[][] rows = new double[tokens.length][vocabulary];
      for (int i = 0; i < flat.length; i++) {
        rows[i / vocabulary][i % vocabulary] = flat[i];
      }
      return rows;
    }
  }

  private static double scalarScore(int[] tokens, int row) {
    try (ScalarModel model = ScalarModel.load(scalar); MemoryScope ignored = MemoryScope.open()) {
      return model.scores(model.hidden(PackedBatch.of(List.of(tokens))), Tensor.of(new long[] {row}, 1)).toFloats()[0];
    }
  }

  private static double[] scores(String reward, AnswerGroup group) {
    try (Rewards rewards = open(reward)) {
      return rewards.score(List.of(group)).getFirst();
    }
  }

  private static Rewards open(String reward) {
    return Rewards.open(RecipeConfig.parse("rewards: [" + reward + "]").rewards());
  }
}
