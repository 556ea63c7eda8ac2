package io.rlhf4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutGeneratorTest {

  private static final int VOCABULARY = 50;
  static final int[] STOPS = {7, 11};
  private static final Offset<Float> TOLERANCE = Offset.offset(1e-5f);

  @BeforeAll
  static void oneThreadIsFasterForTinyModels() {
    LibTorch.setThreads(1);
  }

  @ParameterizedTest
  @CsvSource({"4, true", "4, false", "2, true", "1, false"})
  void greedyFollowsTheArgmaxOfTheTrainingForward(int kvHeads, boolean tied) {
    try (CausalModel model = CausalModel.random(config(kvHeads, tied), 0.3, 1)) {
      List<PromptRequest> prompts = prompts(5, 9, 1, 9, 70);
      List<Rollout> rollouts = generate(model, 3, prompts, greedy(40));
      assertThat(rollouts).hasSize(5);
      for (Rollout rollout : rollouts) {
        assertThat(rollout.response()).containsExactly(stepByStepArgmax(model, rollout.prompt(), 40));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 64})
  void logProbsAreThoseOfTheTrainingForward(int slots) {
    try (CausalModel model = CausalModel.random(config(2, false), 0.2, 2)) {
      List<Rollout> rollouts = generate(model, slots, prompts(5, 9, 1, 30, 30, 12), sampled(0.7, 0, 1, 3));
      assertThat(rollouts).hasSize(18);
      try (MemoryScope scope = MemoryScope.open()) {
        for (Rollout rollout : rollouts) {
          PackedBatch batch = PackedBatch.of(List.of(rollout.sequence().tokens()));
          ActionRows actions = ActionRows.of(batch, List.of(rollout.sequence()));
          float[] expected = model.logProbs(model.hidden(batch), actions, 0.7).logProbs().toFloats();
          assertThat(rollout.behaviourLogProbs()).containsExactly(expected, TOLERANCE);
        }
      }
    }
  }

  @Test
  void aSampleDoesNotDependOnItsBatch() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      List<PromptRequest> prompts = prompts(5, 9, 1, 30, 30, 12);
      SamplingOptions options = sampled(1, 0, 1, 4);
      List<String> expected = tokensByKey(generate(model, 64, prompts, options));
      assertThat(tokensByKey(generate(model, 1, prompts, options))).isEqualTo(expected);
      assertThat(tokensByKey(generate(model, 5, prompts.reversed(), options))).isEqualTo(expected);
      List<Rollout> alone = new ArrayList<>();
      prompts.forEach(prompt -> alone.addAll(generate(model, 2, List.of(prompt), options)));
      assertThat(tokensByKey(alone)).isEqualTo(expected);
      assertThat(expected).doesNotHaveDuplicates();
    }
  }

  /** A slot moves while the longest sample stands exactly at the end of the cache's first block of 64 positions. */
  @Test
  void closesGapsAtTheEdgeOfTheCache() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      for (int length = 55; length < 64; length++) {
        List<Rollout> rollouts = generate(model, 64, prompts(length, length - 1, length - 2), sampled(1, 0, 1, 8));
        assertThat(rollouts).hasSize(24);
      }
    }
  }

  @Test
  void repeatsEveryBitAndTheOrder() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      List<PromptRequest> prompts = prompts(5, 9, 1, 30);
      List<Rollout> first = generate(model, 3, prompts, sampled(1, 0, 1, 4));
      List<Rollout> second = generate(model, 3, prompts, sampled(1, 0, 1, 4));
      assertThat(second).usingRecursiveComparison().isEqualTo(first);
    }
  }

  @Test
  void processesAPromptOnceForAllItsSamples() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      List<Rollout> rollouts = new ArrayList<>();
      GenerationStats stats = new RolloutGenerator(3).generate(model, 0, 0, prompts(5, 9, 30), sampled(1, 0, 1, 6),
          TurnEnd.ofTokens(STOPS), rollouts::add);
      assertThat(stats.promptTokens()).isEqualTo(5 + 9 + 30);
      assertThat(stats.generatedTokens()).isEqualTo(rollouts.stream().mapToInt(r -> r.response().length).sum());
      // The first tokens come from the prompts' forward; three slots share the other steps, the last ones unevenly.
      long decoded = stats.generatedTokens() - rollouts.size();
      assertThat(stats.steps()).isBetween(Math.ceilDiv(decoded, 3), decoded / 3 + 40);
      assertThat(stats.seconds()).isPositive();
    }
  }

  @Test
  void freesEveryTensorAlsoWhenTheSinkFails() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      long before = Tensor.liveCount();
      for (int i = 0; i < 3; i++) {
        generate(model, 4, prompts(5, 9, 70), sampled(1, 0, 1, 6));
        assertThat(Tensor.liveCount()).isEqualTo(before);
      }
      assertThatThrownBy(() -> new RolloutGenerator(4).generate(model, 0, 0, prompts(5), sampled(1, 0, 1, 6),
          TurnEnd.ofTokens(STOPS),
          rollout -> {
            throw new IllegalStateException("full");
          })).hasMessage("full");
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  @Test
  void refusesWhatCannotBeRight() {
    try (CausalModel model = CausalModel.random(config(2, true), 0.3, 3)) {
      assertThat(generate(model, 4, prompts(88), greedy(40))).hasSize(1);
      assertThatThrownBy(() -> generate(model, 4, prompts(3, 89), greedy(40))).isInstanceOf(InputException.class)
          .hasMessage("max_new_tokens: is 40, must be at most 39 after prompt 101 of 89 tokens: the model's "
              + "max_position_embeddings is 128");
      assertThatThrownBy(() -> generate(model, 4, List.of(new PromptRequest(1, new int[] {50})), greedy(4)))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("token 50");
      assertThatThrownBy(() -> generate(model, 4, List.of(prompts(3).getFirst(), prompts(3).getFirst()), greedy(4)))
          .isInstanceOf(IllegalArgumentException.class).hasMessage("prompt 100 is in the list twice");
      Kernels.run("fill_", model.weights().get("model.norm.weight"), Double.NaN);
      assertThatThrownBy(() -> generate(model, 4, prompts(3), sampled(1, 0, 1, 1)))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("not finite");
    }
  }

  static List<Rollout> generate(CausalModel model, int slots, List<PromptRequest> prompts, SamplingOptions options) {
    List<Rollout> rollouts = new ArrayList<>();
    new RolloutGenerator(slots).generate(model, 4, 2, prompts, options, TurnEnd.ofTokens(STOPS), rollouts::add);
    return rollouts;
  }

  static List<String> tokensByKey(List<Rollout> rollouts) {
    return rollouts.stream().sorted((a, b) -> a.key().compareTo(b.key()))
        .map(rollout -> rollout.key() + Arrays.toString(rollout.response()) + rollout.finish()).toList();
  }

  private static int[] stepByStepArgmax(CausalModel model, int[] prompt, int maxNewTokens) {
    int[] tokens = prompt;
    for (int n = 1;; n++) {
      try (MemoryScope scope = MemoryScope.open()) {
        float[] logits = model.logits(model.hidden(PackedBatch.of(List.of(tokens)))).toFloats();
        int best = 0;
        for (int v = 1; v < VOCABULARY; v++) {
          int row = (tokens.length - 1) * VOCABULARY;
          best = logits[row + v] > logits[row + best] ? v : best;
        }
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = best;
        if (n == maxNewTokens || best == STOPS[0] || best == STOPS[1]) {
          return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
        }
      }
    }
  }

  static LlamaConfig config(int kvHeads, boolean tied) {
    return new LlamaConfig(VOCABULARY, 32, 48, 2, 4, kvHeads, 8, 1e-5, 10_000, 128, tied);
  }

  static List<PromptRequest> prompts(int... lengths) {
    Random random = new Random(5);
    List<PromptRequest> prompts = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      prompts.add(new PromptRequest(100 + i, random.ints(lengths[i], 0, VOCABULARY).toArray()));
    }
    return prompts;
  }

  static SamplingOptions greedy(int maxNewTokens) {
    return new SamplingOptions(0, 1, 0, 0, maxNewTokens, 1, 17);
  }

  static SamplingOptions sampled(double temperature, int topK, double topP, int samples) {
    return new SamplingOptions(temperature, topP, topK, 0, 40, samples, 17);
  }
}
