package io.rlhf4j.train;

import static io.rlhf4j.train.Golden.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ExperienceMaker;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.LossAggregation;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The presets give the losses of the projects they are named after, for the same rollouts: against
 * {@code golden/presets.json}, which
 * {@code src/benchmarks/golden/presets.py} computes with padded torch tensors in fp64.
 */
class PresetGoldenTest {

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(Golden.read("presets.json").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void advantagesAndLossesAgree(JsonNode golden) {
    PpoConfig options = options(golden);

    List<Experience> experience = new ExperienceMaker(options.experience()).make(0, rollouts(golden)).experiences();

    for (int i = 0; i < experience.size(); i++) {
      assertThat(experience.get(i).advantages()).containsExactly(floats(golden.get("advantages").get(i)),
          within(5e-6f));
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      for (LossAggregation aggregation : LossAggregation.values()) {
        assertThat(policyLoss(golden, options, experience, aggregation)).as(aggregation.name())
            .isCloseTo(golden.get("policyLoss").get(aggregation.name().toLowerCase(Locale.ROOT)).doubleValue(),
                within(2e-6));
      }
      if (golden.has("valueLoss")) {
        assertThat(valueLoss(golden, options, experience)).isCloseTo(golden.get("valueLoss").doubleValue(),
            within(1e-5));
      }
    }
  }

  private static PpoConfig options(JsonNode golden) {
    return RecipeConfig.parse("ppo: {preset: %s, advantage_estimator: %s, samples_per_prompt: 2, max_new_tokens: 9}"
        .formatted(golden.get("preset").asText(), golden.get("estimator").asText())).ppo();
  }

  private static double policyLoss(JsonNode golden, PpoConfig options, List<Experience> batch,
      LossAggregation aggregation) {
    ExperienceEpochs.MiniBatch all = ExperienceEpochs.MiniBatch.of(batch, 0);
    Tensor weights = column(batch, i -> {
      float[] same = new float[batch.get(i).advantages().length];
      Arrays.fill(same, aggregation.weight(same.length));
      return same;
    });
    return Kernels.tensors("policy_loss", column(batch, i -> floats(input(golden, "now").get(i))),
        column(batch, i -> batch.get(i).oldLogProbs()), column(batch, i -> batch.get(i).advantages()), weights,
        options.policy().clipLow(), options.policy().clipHigh(), options.policy().dualClipOrOff(),
        aggregation.denominator(all.sequences(), all.actions(), options.maxNewTokens())).getFirst().item();
  }

  private static double valueLoss(JsonNode golden, PpoConfig options, List<Experience> batch) {
    int actions = ExperienceEpochs.MiniBatch.of(batch, 0).actions();
    return options.valueLossCoef() * Kernels.tensors("value_loss",
        column(batch, i -> floats(input(golden, "nowValues").get(i))), column(batch, i -> batch.get(i).oldValues()),
        column(batch, i -> batch.get(i).returns()), options.clipRangeValue(), (double) actions).getFirst().item();
  }

  private static Tensor column(List<Experience> batch, IntFunction<float[]> part) {
    List<Float> all = new ArrayList<>();
    IntStream.range(0, batch.size()).forEach(i -> {
      for (float x : part.apply(i)) {
        all.add(x);
      }
    });
    float[] result = new float[all.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = all.get(i);
    }
    return Tensor.of(result, result.length);
  }

  private static JsonNode input(JsonNode golden, String name) {
    return golden.get("input").get(name);
  }

  private static List<ScoredRollout> rollouts(JsonNode golden) {
    int samples = golden.get("samples").asInt();
    List<ScoredRollout> rollouts = new ArrayList<>();
    for (int i = 0; i < samples * golden.get("prompts").asInt(); i++) {
      float[] policy = floats(input(golden, "policy").get(i));
      Rollout rollout = new Rollout(new RolloutKey(0, i / samples, i % samples, 0), new int[] {1},
          new int[policy.length], policy, FinishReason.STOP);
      rollouts.add(new ScoredRollout(rollout, input(golden, "scores").get(i).floatValue(), policy,
          floats(input(golden, "reference").get(i)), floats(input(golden, "values").get(i))));
    }
    return rollouts;
  }
}
