package io.rlhf4j.generate;

import static io.rlhf4j.generate.RolloutGeneratorTest.config;
import static io.rlhf4j.generate.RolloutGeneratorTest.prompts;
import static io.rlhf4j.generate.RolloutGeneratorTest.tokensByKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.MemoryScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stop rules and repetition rules of the generator, each against a plain computation beside it. */
class GenerationOptionsTest {

  /** Token i reads as two letters, so that texts of three letters begin and end anywhere. */
  private static final TurnEnd TURN_END = new TurnEnd(new int[] {49}, GenerationOptionsTest::text);
  private static final SamplingOptions FREE = new SamplingOptions(1, 1, 0, 0, 60, 4, 17);

  private static CausalModel model;

  @BeforeAll
  static void openModel() {
    LibTorch.setThreads(1);
    model = CausalModel.random(config(2, true), 0.2, 3);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void aStopStringEndsTheResponseInWhicheverTokenCompletesIt() {
    List<String> stops = List.of("aba", "dd", "cacb");
    List<Rollout> free = generate(64, prompts(5, 9, 1, 30), FREE);
    List<Rollout> stopped = generate(64, prompts(5, 9, 1, 30), FREE.withStop(new StopRules(List.of(), stops)));
    assertThat(stopped).hasSameSizeAs(free).extracting(Rollout::finish).contains(FinishReason.STOP_STRING);
    for (Rollout rollout : stopped) {
      Rollout longer = free.stream().filter(other -> other.key().equals(rollout.key())).findFirst().orElseThrow();
      int end = IntStream.rangeClosed(1, longer.response().length)
          .filter(n -> stops.stream().anyMatch(text(Arrays.copyOf(longer.response(), n))::contains)).findFirst()
          .orElse(longer.response().length);
      assertThat(rollout.response()).containsExactly(Arrays.copyOf(longer.response(), end));
      boolean stopsThere = stops.stream().anyMatch(text(rollout.response())::contains);
      boolean endsTurn = rollout.response()[end - 1] == 49;
      assertThat(rollout.finish()).isEqualTo(endsTurn ? FinishReason.STOP
          : stopsThere ? FinishReason.STOP_STRING : FinishReason.LENGTH);
    }
  }

  @Test
  void stopTokensOfTheOptionsCountToo() {
    List<Rollout> rollouts = generate(8, prompts(5, 9), FREE.withStop(new StopRules(List.of(7, 11), List.of())));
    assertThat(rollouts).allSatisfy(rollout -> {
      int last = rollout.response()[rollout.response().length - 1];
      assertThat(rollout.finish() == FinishReason.STOP).isEqualTo(Set.of(7, 11, 49).contains(last));
    });
    assertThat(rollouts).extracting(rollout -> rollout.response()[rollout.response().length - 1]).contains(7);
    assertThatThrownBy(() -> generate(8, prompts(5), FREE.withStop(new StopRules(List.of(50), List.of()))))
        .isInstanceOf(InputException.class).hasMessage("stop_token_ids: holds 50, must be below the vocabulary's 50");
  }

  @Test
  void nothingEndsAResponseBeforeTheMinimum() {
    SamplingOptions options = new SamplingOptions(1, 1, 0, 20, 60, 8, 17)
        .withStop(new StopRules(List.of(), List.of("a", "b", "c")));
    assertThat(generate(8, prompts(5), options)).hasSize(8)
        .allSatisfy(rollout -> assertThat(rollout.response().length).isGreaterThan(20))
        .extracting(Rollout::finish).contains(FinishReason.STOP_STRING);
  }

  @ParameterizedTest
  @CsvSource({"1.3, 0", "0.7, 0", "1, 1", "1, 2", "1, 3", "1.2, 4"})
  void greedyFollowsTheRestrainedArgmax(double penalty, int ngram) {
    Repetition rules = new Repetition(penalty, ngram);
    List<PromptRequest> prompts = prompts(5, 12, 1, 9);
    SamplingOptions options = new SamplingOptions(0, 1, 0, 0, 25, 1, 17).withRepetition(rules);
    List<Rollout> rollouts = generate(3, prompts, options);
    assertThat(rollouts).hasSize(4)
        .allSatisfy(rollout -> assertThat(rollout.response()).containsExactly(argmax(rollout.prompt(), rules, 25)));
  }

  @Test
  void noRunOfTokensOccursTwice() {
    List<Rollout> rollouts = generate(16, prompts(5, 9, 1), FREE.withRepetition(new Repetition(1, 2)));
    for (Rollout rollout : rollouts) {
      int[] all = rollout.sequence().tokens();
      Set<List<Integer>> inPrompt = new HashSet<>();
      for (int end = 2; end <= all.length; end++) {
        List<Integer> pair = List.of(all[end - 2], all[end - 1]);
        boolean isNew = inPrompt.add(pair);
        assertThat(isNew || end <= rollout.prompt().length).as("%s in %s", pair, rollout.key()).isTrue();
      }
    }
  }

  @Test
  void theLogProbIsThatOfTheModelWhateverTheRules() {
    SamplingOptions options = FREE.withMinP(0.05).withRepetition(new Repetition(1.5, 2));
    try (MemoryScope scope = MemoryScope.open()) {
      for (Rollout rollout : generate(5, prompts(5, 9), options)) {
        PackedBatch batch = PackedBatch.of(List.of(rollout.sequence().tokens()));
        ActionRows actions = ActionRows.of(batch, List.of(rollout.sequence()));
        assertThat(rollout.behaviourLogProbs()).containsExactly(
            model.logProbs(model.hidden(batch), actions, 1).logProbs().toFloats(), Offset.offset(1e-5f));
      }
    }
  }

  @Test
  void aSampleDoesNotDependOnItsBatch() {
    SamplingOptions options = FREE.withMinP(0.02).withRepetition(new Repetition(1.2, 3))
        .withStop(new StopRules(List.of(5), List.of("abab", "ccd")));
    List<PromptRequest> prompts = prompts(5, 9, 1, 30, 12);
    List<String> expected = tokensByKey(generate(64, prompts, options));
    assertThat(tokensByKey(generate(1, prompts, options))).isEqualTo(expected);
    assertThat(tokensByKey(generate(5, prompts.reversed(), options))).isEqualTo(expected);
    List<Rollout> alone = new ArrayList<>();
    prompts.forEach(prompt -> alone.addAll(generate(2, List.of(prompt), options)));
    assertThat(tokensByKey(alone)).isEqualTo(expected);
  }

  private static List<Rollout> generate(int slots, List<PromptRequest> prompts, SamplingOptions options) {
    List<Rollout> rollouts = new ArrayList<>();
    new RolloutGenerator(slots).generate(model, 4, 2, prompts, options, TURN_END, rollouts::add);
    return rollouts;
  }

  private static String text(int[] tokens) {
    return IntStream.of(tokens).mapToObj(token -> "" + (char) ('a' + token / 7) + (char) ('a' + token % 7))
        .collect(Collectors.joining());
  }

  /** One forward of the whole sequence for each token. */
  private static int[] argmax(int[] prompt, Repetition rules, int maxNewTokens) {
    List<Integer> tokens = IntStream.of(prompt).boxed().collect(Collectors.toCollection(ArrayList::new));
    while (true) {
      float[] z = logits(tokens.stream().mapToInt(Integer::intValue).toArray());
      for (int token : new HashSet<>(tokens)) {
        z[token] = (float) (z[token] > 0 ? z[token] / rules.penalty() : z[token] * rules.penalty());
      }
      int n = rules.noRepeatNgramSize();
      for (int end = n; n > 0 && end <= tokens.size(); end++) {
        List<Integer> run = tokens.subList(end - n, end);
        if (run.subList(0, n - 1).equals(tokens.subList(tokens.size() - n + 1, tokens.size()))) {
          z[run.getLast()] = Float.NEGATIVE_INFINITY;
        }
      }
      int best = IntStream.range(0, z.length).reduce(0, (a, b) -> z[b] > z[a] ? b : a);
      tokens.add(best);
      if (best == 49 || tokens.size() == prompt.length + maxNewTokens) {
        return tokens.stream().skip(prompt.length).mapToInt(Integer::intValue).toArray();
      }
    }
  }

  private static float[] logits(int[] tokens) {
    try (MemoryScope scope = MemoryScope.open()) {
      float[] all = model.logits(model.hidden(PackedBatch.of(List.of(tokens)))).toFloats();
      return Arrays.copyOfRange(all, all.length - all.length / tokens.length, all.length);
    }
  }
}
