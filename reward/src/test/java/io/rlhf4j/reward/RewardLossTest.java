package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.LossType;
import io.rlhf4j.config.PenaltyType;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RewardLossTest {

  private static final Offset<Float> GRADIENT_TOLERANCE = Offset.offset(1e-6f);

  record Result(double loss, float[] chosenGradient, float[] rejectedGradient) {}

  @ParameterizedTest
  @MethodSource("golden")
  void agreesWithTorch(JsonNode golden) {
    RewardLoss loss = new RewardLoss(LossType.valueOf(upper(golden, "loss")),
        PenaltyType.valueOf(upper(golden, "penalty")), golden.get("weight").asDouble(),
        golden.get("smoothing").asDouble(), golden.get("centering").asDouble());
    float[] chosen = floats(golden.get("chosen"));

    Result result = meanLoss(loss, chosen, floats(golden.get("rejected")), floats(golden.get("margins")));

    double expected = golden.get("value").asDouble();
    assertThat(result.loss()).isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
    assertThat(result.chosenGradient()).containsExactly(floats(golden.get("chosenGradient")), GRADIENT_TOLERANCE);
    assertThat(result.rejectedGradient()).containsExactly(floats(golden.get("rejectedGradient")), GRADIENT_TOLERANCE);
  }

  @ParameterizedTest
  @EnumSource(LossType.class)
  void zeroScoresWithTheBarrierCostTheKnownValue(LossType type) {
    RewardLoss loss = new RewardLoss(type, PenaltyType.LOG_BARRIER, 0.01, 0, 0);

    // ln 2 - 0.01 * 4 ln 5: at p = 1/2 the focal factor is 1.
    assertThat(meanLoss(loss, new float[7], new float[7]).loss()).isCloseTo(0.628770, within(1e-6));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void gradientsMatchFiniteDifferences(RewardLoss loss) {
    float[] chosen = {0.3f, -1.2f, 2.0f, 4.0f};
    float[] rejected = {0.9f, -1.9f, -1.5f, 1.0f};
    Result result = meanLoss(loss, chosen, rejected);

    for (int i = 0; i < chosen.length; i++) {
      assertThat((double) result.chosenGradient()[i]).isCloseTo(difference(loss, chosen, rejected, chosen, i),
          within(2e-3));
      assertThat((double) result.rejectedGradient()[i]).isCloseTo(difference(loss, chosen, rejected, rejected, i),
          within(2e-3));
    }
  }

  @Test
  void marginAsksForALargerDifference() {
    RewardLoss loss = new RewardLoss(LossType.RANKING, PenaltyType.NONE, 0.01, 0, 0);
    try (MemoryScope ignored = MemoryScope.open()) {
      double value = loss.compute(Tensor.of(new float[] {3}, 1), Tensor.of(new float[] {1}, 1), new float[] {0.5f}, 1)
          .loss().item();

      // -log sigmoid(3 - 1 - 0.5) = log(1 + e^-1.5)
      assertThat(value).isCloseTo(0.201413, within(1e-6));
    }
  }

  @Test
  void noDifferenceOverflows() {
    RewardLoss loss = new RewardLoss(LossType.LOGEXP, PenaltyType.NONE, 0, 0.1, 0);
    Result result = meanLoss(loss, new float[] {-200, 200}, new float[] {200, -200});

    // 0.9 * 400 for the wrong pair, 0.1 * 400 for the right one.
    assertThat(result.loss()).isCloseTo(200, within(1e-4));
    assertThat(result.chosenGradient()).containsExactly(new float[] {-0.45f, 0.05f}, GRADIENT_TOLERANCE);
  }

  @Test
  void aMeanOverScoresIsTheLossOfTheirTensors() {
    RewardLoss loss = new RewardLoss(LossType.RANKING, PenaltyType.L2, 0.1, 0, 0);
    assertThat(loss.mean(List.of(new PairScores(2, 1), new PairScores(-1, 0)),
        (from, count) -> new float[] {1, 0})).isCloseTo((0.693147 + 0.5 + 1.313262 + 0.1) / 2, within(1e-5));
  }

  @Test
  void aMeanOverMoreScoresThanAreMeasuredAtOnceIsThatOfAll() {
    RewardLoss loss = new RewardLoss(LossType.RANKING, PenaltyType.NONE, 0, 0, 0);
    // Differences of 1 and 3, the second for the last quarter, all less a margin of 1: ln 2 and ln(1 + e^-2).
    List<PairScores> scores = ScoreList.made(100_000, pair -> new PairScores(pair < 75_000 ? 1 : 3, 0));
    double mean = loss.mean(scores, (from, count) -> {
      float[] margins = new float[count];
      Arrays.fill(margins, 1);
      return margins;
    });
    assertThat(mean).isCloseTo(0.75 * 0.693147 + 0.25 * 0.126928, within(1e-5));
  }

  static List<JsonNode> golden() throws IOException {
    try (InputStream file = RewardLossTest.class.getResourceAsStream("/golden/losses.json")) {
      List<JsonNode> cases = new ArrayList<>();
      new ObjectMapper().readTree(file).get("reward").forEach(cases::add);
      assertThat(cases).hasSize(26);
      return cases;
    }
  }

  static List<RewardLoss> losses() {
    List<RewardLoss> all = new ArrayList<>();
    for (LossType type : LossType.values()) {
      for (PenaltyType penalty : PenaltyType.values()) {
        all.add(new RewardLoss(type, penalty, 0.05, type == LossType.FOCAL ? 0 : 0.1, 0.02));
      }
    }
    return all;
  }

  private static double difference(RewardLoss loss, float[] chosen, float[] rejected, float[] changed, int at) {
    float step = 1f / 128;
    float before = changed[at];
    changed[at] = before + step;
    double up = meanLoss(loss, chosen, rejected).loss();
    changed[at] = before - step;
    double down = meanLoss(loss, chosen, rejected).loss();
    changed[at] = before;
    return (up - down) / (2 * step);
  }

  private static Result meanLoss(RewardLoss loss, float[] chosenScores, float[] rejectedScores) {
    return meanLoss(loss, chosenScores, rejectedScores, new float[0]);
  }

  private static Result meanLoss(RewardLoss loss, float[] chosenScores, float[] rejectedScores, float[] margins) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      int pairs = chosenScores.length;
      Tensor chosen = Tensor.of(chosenScores, pairs).requireGradient(true);
      Tensor rejected = Tensor.of(rejectedScores, pairs).requireGradient(true);
      Tensor mean = loss.compute(chosen, rejected, margins, pairs).loss();
      mean.backward();
      return new Result(mean.item(), chosen.gradient().toFloats(), rejected.gradient().toFloats());
    }
  }

  private static String upper(JsonNode node, String field) {
    return node.get(field).asText().toUpperCase(Locale.ROOT);
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }
}
