package io.rlhf4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.train.LearningRateSchedule.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {

  @Test
  void linearByHand() {
    LearningRateSchedule linear = new LearningRateSchedule(Shape.LINEAR, 8, 2, 6, 0);

    assertThat(new double[] {linear.at(0), linear.at(1), linear.at(2), linear.at(3), linear.at(5), linear.at(9)})
        .containsExactly(0, 4, 8, 6, 2, 0);
  }

  @Test
  void everyShapeAgreesWithTransformers() throws IOException {
    try (InputStream in = LearningRateScheduleTest.class.getResourceAsStream("/golden/rl.json")) {
      JsonNode schedules = new ObjectMapper().readTree(in).get("schedules");
      assertThat(schedules.size()).isEqualTo(14);
      for (JsonNode golden : schedules) {
        LearningRateSchedule schedule = new LearningRateSchedule(
            Shape.valueOf(golden.get("shape").asText().toUpperCase(Locale.ROOT)), 1, golden.get("warmup").intValue(),
            golden.get("total").intValue(), golden.get("minRatio").doubleValue(), golden.path("power").asDouble(1));
        for (int step = 0; step < golden.get("rates").size(); step++) {
          assertThat(schedule.at(step)).as("%s step %d", schedule, step)
              .isCloseTo(golden.get("rates").get(step).doubleValue(), within(1e-8));
        }
      }
    }
  }

  @Test
  void warmupIsAShareRoundedUpOrANumberOfSteps() {
    assertThat(rates("schedule: cosine, warmup_ratio: 0.03").warmupSteps()).isEqualTo(1);
    assertThat(rates("schedule: cosine, warmup_ratio: 0").at(0)).isEqualTo(1);
    assertThat(rates("schedule: cosine, warmup_ratio: 0.03, lr_warmup_steps: 4").at(2)).isEqualTo(0.5);
    assertThatThrownBy(() -> rates("lr_warmup_steps: 11")).isInstanceOf(InputException.class)
        .hasMessage("lr_warmup_steps: is 11, must be at most the steps of the run, 10");
  }

  private static LearningRateSchedule rates(String keys) {
    return RecipeConfig.parse("sft: {learning_rate: 1, " + keys + "}").sft().optimizer().learningRates(10);
  }

  @Test
  void wrongNumbersAreRefused() {
    assertThatThrownBy(() -> new LearningRateSchedule(Shape.COSINE, 0, 0, 1, 0)).hasMessageContaining("learning_rate");
    assertThatThrownBy(() -> new LearningRateSchedule(Shape.COSINE, 1, 3, 2, 0)).hasMessageContaining("warm-up of 3");
    assertThatThrownBy(() -> new LearningRateSchedule(Shape.COSINE, 1, 0, 2, 2)).hasMessageContaining("min_lr_ratio");
  }
}
