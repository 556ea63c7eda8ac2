package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against {@code golden/rl.json}, which {@code src/benchmarks/golden/rl.py} computes with padded torch tensors. */
class ExperienceGoldenTest {

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void advantagesReturnsAndMetricsAgreeWithTorch(boolean whiten) throws IOException {
    JsonNode cases = golden().get("experience");
    assertThat(cases.size()).isEqualTo(3);
    for (JsonNode golden : cases) {
      ExperienceOptions options = options(golden.get("options"), whiten);

      ExperienceBatch batch = new ExperienceMaker(options).make(0, rollouts(golden));

      JsonNode advantages = golden.get(whiten ? "white" : "advantages");
      for (int i = 0; i < batch.experiences().size(); i++) {
        Experience experience = batch.experiences().get(i);
        assertThat(experience.advantages()).containsExactly(floats(advantages.get(i)), within(2e-6f));
        assertThat(experience.returns()).containsExactly(floats(golden.get("returns").get(i)), within(2e-6f));
      }
      assertThat(golden.get("metrics").size()).isEqualTo(18);
      golden.get("metrics").fields().forEachRemaining(metric -> assertThat(batch.metrics().get(metric.getKey()))
          .as(metric.getKey()).isCloseTo(metric.getValue().doubleValue(), within(2e-6)));
    }
  }

  private static ExperienceOptions options(JsonNode o, boolean whiten) {
    float missing = o.get("missingValue").floatValue();
    MissingEos missingEos = switch (o.get("missing").asText()) {
      case "penalise" -> new MissingEos.Penalise(missing);
      case "replace" -> new MissingEos.Replace(missing);
      default -> new MissingEos.Keep();
    };
    return new ExperienceOptions(new KlController.Fixed(o.get("coef").doubleValue()),
        KlEstimator.valueOf(o.get("estimator").asText().toUpperCase(Locale.ROOT)), false,
        AdvantageOptions.gae(o.get("gamma").doubleValue(), o.get("lambda").doubleValue(), whiten),
        new RewardShaping(o.get("clip").doubleValue(), false, missingEos));
  }

  private static List<ScoredRollout> rollouts(JsonNode golden) {
    List<ScoredRollout> rollouts = new ArrayList<>();
    for (int i = 0; i < golden.get("scores").size(); i++) {
      FinishReason finish = golden.get("finished").get(i).booleanValue() ? FinishReason.STOP : FinishReason.LENGTH;
      Rollout rollout = Rollouts.rollout(i, finish, floats(golden.get("behaviour").get(i)));
      rollouts.add(new ScoredRollout(rollout, golden.get("scores").get(i).floatValue(),
          floats(golden.get("policy").get(i)), floats(golden.get("reference").get(i)),
          floats(golden.get("values").get(i))));
    }
    return rollouts;
  }

  private static JsonNode golden() throws IOException {
    try (InputStream in = ExperienceGoldenTest.class.getResourceAsStream("/golden/rl.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static float[] floats(JsonNode array) {
    float[] result = new float[array.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = array.get(i).floatValue();
    }
    return result;
  }
}
