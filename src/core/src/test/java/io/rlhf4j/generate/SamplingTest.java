package io.rlhf4j.generate;

import static io.rlhf4j.generate.RolloutGeneratorTest.STOPS;
import static io.rlhf4j.generate.RolloutGeneratorTest.config;
import static io.rlhf4j.generate.RolloutGeneratorTest.generate;
import static io.rlhf4j.generate.RolloutGeneratorTest.prompts;
import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.MemoryScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Distributions of tokens, each compared with the softmax of the training forward's logits. */
class SamplingTest {

  private static final int DRAWS = 20_000;

  @BeforeAll
  static void oneThreadIsFasterForTinyModels() {
    LibTorch.setThreads(1);
  }

  @ParameterizedTest
  @CsvSource({"1, 0, 1, 0", "0.5, 0, 1, 0", "2, 0, 1, 0", "1, 5, 1, 0", "1, 1000, 1, 0", "1, 0, 0.8, 0",
      "1, 0, 0.0001, 0", "0.7, 12, 0.6, 0", "1, 0, 1, 0.3", "0.5, 0, 1, 1", "1, 8, 0.9, 0.2"})
  void tokensFollowTheTruncatedSoftmax(double temperature, int topK, double topP, double minP) {
    try (CausalModel model = CausalModel.random(config(2, false), 0.2, 5)) {
      var prompts = prompts(6);
      double[] expected =
          truncated(atLeast(minP, probabilities(model, prompts.getFirst().tokens(), temperature)), topK, topP);
      int[] counts = new int[expected.length];
      SamplingOptions options = new SamplingOptions(temperature, topP, topK, 0, 1, DRAWS, 3).withMinP(minP);
      for (Rollout rollout : generate(model, 64, prompts, options)) {
        counts[rollout.response()[0]]++;
      }
      assertThat(chiSquare(counts, expected)).isLessThan(limit(expected));
    }
  }

  @Test
  void stopTokensAreForbiddenBeforeTheMinimum() {
    try (CausalModel model = CausalModel.random(config(2, false), 0.2, 5)) {
      int[] stops = IntStream.range(0, 25).toArray();
      List<Rollout> rollouts = new ArrayList<>();
      new RolloutGenerator(7).generate(model, 0, 0, prompts(3, 8, 20), new SamplingOptions(1, 1, 0, 6, 9, 20, 3),
          TurnEnd.ofTokens(stops),
          rollouts::add);
      assertThat(rollouts).hasSize(60).allSatisfy(rollout -> {
        int n = rollout.response().length;
        assertThat(n).isBetween(7, 9);
        assertThat(IntStream.range(0, n - 1)).allMatch(t -> rollout.response()[t] >= 25);
        boolean stopped = rollout.response()[n - 1] < 25;
        assertThat(rollout.finish()).isEqualTo(stopped ? FinishReason.STOP : FinishReason.LENGTH);
        assertThat(n < 9 && rollout.finish() == FinishReason.LENGTH).isFalse();
        // Half of the vocabulary is forbidden, yet the log-prob is that of the whole.
        double first = Math.log(probabilities(model, rollout.prompt(), 1)[rollout.response()[0]]);
        assertThat((double) rollout.behaviourLogProbs()[0]).isCloseTo(first, Offset.offset(1e-5));
      });
      assertThat(rollouts).extracting(Rollout::finish).contains(FinishReason.STOP, FinishReason.LENGTH);
    }
  }

  @Test
  void responsesEndAtTheFirstStopTokenOrAtTheLimit() {
    try (CausalModel model = CausalModel.random(config(2, false), 0.2, 6)) {
      List<Rollout> rollouts = generate(model, 16, prompts(3, 8, 20), new SamplingOptions(1, 1, 0, 0, 30, 20, 3));
      assertThat(rollouts).hasSize(60).allSatisfy(rollout -> {
        int[] response = rollout.response();
        int stop = IntStream.range(0, response.length).filter(t -> response[t] == STOPS[0] || response[t] == STOPS[1])
            .findFirst().orElse(-1);
        assertThat(stop).isEqualTo(rollout.finish() == FinishReason.STOP ? response.length - 1 : -1);
        assertThat(response.length).isLessThanOrEqualTo(30);
        assertThat(stop < 0 && response.length < 30).isFalse();
      });
    }
  }

  private static double[] probabilities(CausalModel model, int[] prompt, double temperature) {
    try (MemoryScope scope = MemoryScope.open()) {
      float[] logits = model.logits(model.hidden(PackedBatch.of(List.of(prompt)))).toFloats();
      int vocabulary = logits.length / prompt.length;
      double[] p = IntStream.range(logits.length - vocabulary, logits.length)
          .mapToDouble(i -> Math.exp(logits[i] / temperature)).toArray();
      return normalised(p);
    }
  }

  /** Without the tokens below this share of the most likely one. */
  private static double[] atLeast(double share, double[] p) {
    double most = DoubleStream.of(p).max().orElseThrow();
    return DoubleStream.of(p).map(value -> value < share * most ? 0 : value).toArray();
  }

  /** The {@code topK} most likely tokens, and of these the smallest set with a share of at least {@code topP}. */
  private static double[] truncated(double[] p, int topK, double topP) {
    int[] byProbability = IntStream.range(0, p.length).boxed().sorted(Comparator.comparingDouble(v -> -p[v]))
        .limit(topK == 0 ? p.length : topK).mapToInt(v -> v).toArray();
    double all = IntStream.of(byProbability).mapToDouble(v -> p[v]).sum();
    double[] kept = new double[p.length];
    double mass = 0;
    for (int v : byProbability) {
      if (mass < topP * all) {
        kept[v] = p[v];
        mass += p[v];
      }
    }
    return normalised(kept);
  }

  private static double[] normalised(double[] weights) {
    double sum = IntStream.range(0, weights.length).mapToDouble(v -> weights[v]).sum();
    return IntStream.range(0, weights.length).mapToDouble(v -> weights[v] / sum).toArray();
  }

  /** Infinite if a token of probability 0 occurred. */
  private static double chiSquare(int[] counts, double[] expected) {
    double sum = 0;
    for (int v = 0; v < counts.length; v++) {
      double mean = DRAWS * expected[v];
      sum += mean == 0 && counts[v] == 0 ? 0 : (counts[v] - mean) * (counts[v] - mean) / mean;
    }
    return sum;
  }

  /** Mean of the chi-square distribution and five of its standard deviations. */
  private static double limit(double[] expected) {
    long degrees = IntStream.range(0, expected.length).filter(v -> expected[v] > 0).count() - 1;
    return degrees + 5 * Math.sqrt(2.0 * degrees) + 1e-9;
  }
}
