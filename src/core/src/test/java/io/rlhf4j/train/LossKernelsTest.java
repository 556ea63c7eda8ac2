package io.rlhf4j.train;

import static io.rlhf4j.train.Golden.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against {@code golden/losses.json}, which {@code src/benchmarks/golden/losses.py} computes with torch in fp64. */
class LossKernelsTest {

  private static final JsonNode GOLDEN = Golden.read("losses.json");

  private MemoryScope memory;
  private GradientScope gradients;

  @BeforeEach
  void open() {
    memory = MemoryScope.open();
    gradients = GradientScope.open();
  }

  @AfterEach
  void close() {
    gradients.close();
    memory.close();
  }

  @Test
  void policyLossAgreesWithTorch() {
    assertThat(GOLDEN.get("policy").size()).isEqualTo(3);
    for (JsonNode golden : GOLDEN.get("policy")) {
      Tensor now = leaf(floats(golden.get("new")));
      int n = golden.get("new").size();

      List<Tensor> result = policyLoss(golden, now, 0, n, n);
      result.getFirst().backward();

      assertThat(result.getFirst().item()).isCloseTo(golden.get("loss").doubleValue(), within(1e-6));
      assertThat(now.gradient().toFloats()).containsExactly(floats(golden.get("gradient")), within(1e-7f));
      float[] sums = result.get(1).toFloats();
      assertThat(sums[0] / n).isCloseTo(golden.get("clipFraction").floatValue(), within(1e-6f));
      assertThat(sums[1] / n).isCloseTo(golden.get("approxKl").floatValue(), within(1e-6f));
      assertThat(sums[2] / n).isCloseTo(golden.get("ratioMean").floatValue(), within(1e-6f));
    }
  }

  @Test
  void unevenMicroBatchesAddUpToTheMiniBatch() {
    JsonNode golden = GOLDEN.get("policy").get(1);
    for (int[] cuts : new int[][] {{0, 40}, {0, 20, 40}, {0, 1, 7, 40}}) {
      Tensor now = leaf(floats(golden.get("new")));
      double loss = 0;
      for (int i = 1; i < cuts.length; i++) {
        Tensor part = policyLoss(golden, now, cuts[i - 1], cuts[i], 40).getFirst();
        loss += part.item();
        part.backward();
      }
      assertThat(loss).isCloseTo(golden.get("loss").doubleValue(), within(1e-6));
      assertThat(now.gradient().toFloats()).containsExactly(floats(golden.get("gradient")), within(1e-7f));
    }
  }

  @Test
  void dpoLossAgreesWithTorch() {
    assertThat(GOLDEN.get("dpo").size()).isEqualTo(3);
    for (JsonNode golden : GOLDEN.get("dpo")) {
      boolean ipo = golden.get("loss").asText().equals("ipo");
      int[] lengths = ints(golden.get("lengths"));
      Tensor now = leaf(floats(golden.get("new")));
      int n = golden.get("new").size();
      long[] owners = new long[n];
      float[] contrast = new float[n];
      float[] imitated = new float[n];
      int chosen = 0;
      int at = 0;
      for (int s = 0; s < lengths.length; s++) {
        int compared = 0;
        for (int t = 0; t < lengths[s]; t++) {
          compared += golden.get("compared").get(at + t).asBoolean() ? 1 : 0;
        }
        for (int t = 0; t < lengths[s]; t++, at++) {
          owners[at] = s;
          contrast[at] = golden.get("compared").get(at).asBoolean() ? (ipo ? 1f / compared : 1) : 0;
          imitated[at] = s % 2 == 0 ? 1 : 0;
          chosen += s % 2 == 0 ? 1 : 0;
        }
      }

      List<Tensor> result = Kernels.tensors("dpo_loss", now, Tensor.of(owners, n), Tensor.of(contrast, n),
          Tensor.of(imitated, n), Tensor.of(floats(golden.get("reference")), lengths.length),
          golden.get("beta").doubleValue(), golden.get("smoothing").doubleValue(), ipo,
          golden.get("nll").doubleValue(), lengths.length / 2.0, (double) chosen);
      result.getFirst().backward();

      assertThat(result.getFirst().item()).isCloseTo(golden.get("value").doubleValue(), within(2e-6));
      assertThat(now.gradient().toFloats()).containsExactly(floats(golden.get("gradient")), within(1e-6f));
      assertThat(result.get(1).toFloats()).containsExactly(
          new float[] {golden.get("comparison").floatValue(), golden.get("imitation").floatValue()}, within(2e-6f));
      assertThat(result.get(2).toFloats()).containsExactly(floats(golden.get("rewards")), within(1e-5f));
    }
  }

  @Test
  void atTheOldPolicyTheRatioIsOneAndTheGradientIsTheAdvantage() {
    float[] old = {-1, -2, -0.5f, -3};
    Tensor now = leaf(old);
    List<Tensor> result = Kernels.tensors("policy_loss", now, Tensor.of(old, 4),
        Tensor.of(new float[] {1, -2, 3, 4}, 4), ones(4), 0.2, 0.2, 0.0, 4.0);
    result.getFirst().backward();

    assertThat(result.get(1).toFloats()).containsExactly(0, 0, 4, 0);
    assertThat(now.gradient().toFloats()).containsExactly(-0.25f, 0.5f, -0.75f, -1);
  }

  @Test
  void aLogProbThatRanAwayStaysFinite() {
    Tensor now = leaf(new float[] {0, -200});
    List<Tensor> result = Kernels.tensors("policy_loss", now, Tensor.of(new float[] {-200, 0}, 2),
        Tensor.of(new float[] {-1, -1}, 2), ones(2), 0.2, 0.2, 0.0, 2.0);
    result.getFirst().backward();

    assertThat(Double.isFinite(result.getFirst().item())).isTrue();
    assertThat(now.gradient().toFloats()).containsExactly(0, 0);
  }

  @Test
  void klLossesAndTheirGradientsByHand() {
    // l = ln 2 and -ln 2: k2 = l^2 / 2 with slope l, k3 = exp(-l) - 1 + l with slope 1 - exp(-l).
    float l = (float) Math.log(2);
    Tensor reference = Tensor.of(new float[] {-1, -1}, 2);
    Tensor now = leaf(new float[] {-1 + l, -1 - l});
    Tensor k2 = Kernels.tensor("kl_loss", now, reference, Tensor.of(new float[] {1, 3}, 2), 2, 2.0);
    k2.backward();
    assertThat(k2.item()).isCloseTo(l * l, within(1e-6));
    assertThat(now.gradient().toFloats()).containsExactly(new float[] {l / 2, -1.5f * l}, within(1e-6f));

    Tensor again = leaf(new float[] {-1 + l, -1 - l});
    Tensor k3 = Kernels.tensor("kl_loss", again, reference, ones(2), 3, 1.0);
    k3.backward();
    assertThat(k3.item()).isCloseTo(0.5 - 1 + l + 2 - 1 - l, within(1e-6));
    assertThat(again.gradient().toFloats()).containsExactly(new float[] {0.5f, -1}, within(1e-6f));
  }

  @Test
  void aKlThatRanAwayIsLimitedWithoutAGradient() {
    for (int estimator : new int[] {2, 3}) {
      Tensor now = leaf(new float[] {-300, -1});
      Tensor loss = Kernels.tensor("kl_loss", now, Tensor.of(new float[] {-1, -1}, 2), ones(2), estimator, 1.0);
      loss.backward();
      assertThat(loss.item()).isEqualTo(10);
      assertThat(now.gradient().toFloats()).containsExactly(0, 0);
    }
  }

  @Test
  void valueLossAgreesWithTorch() {
    assertThat(GOLDEN.get("value").size()).isEqualTo(3);
    for (JsonNode golden : GOLDEN.get("value")) {
      Tensor now = leaf(floats(golden.get("new")));
      int n = golden.get("new").size();

      List<Tensor> result = Kernels.tensors("value_loss", now, Tensor.of(floats(golden.get("old")), n),
          Tensor.of(floats(golden.get("returns")), n), golden.get("clip").asDouble(0), (double) n);
      result.getFirst().backward();

      assertThat(result.getFirst().item()).isCloseTo(golden.get("loss").doubleValue(), within(1e-6));
      assertThat(now.gradient().toFloats()).containsExactly(floats(golden.get("gradient")), within(1e-7f));
      assertThat(result.get(1).toFloats()[0] / n).isCloseTo(golden.get("clipFraction").floatValue(), within(1e-6f));
    }
  }

  @Test
  void preferenceLossAgreesWithTorch() {
    assertThat(GOLDEN.get("reward").size()).isEqualTo(26);
    for (JsonNode golden : GOLDEN.get("reward")) {
      Tensor chosen = leaf(floats(golden.get("chosen")));
      Tensor rejected = leaf(floats(golden.get("rejected")));

      Tensor loss = preferenceLoss(golden, chosen, rejected).getFirst();
      loss.backward();

      String name = golden.get("loss").asText() + " " + golden.get("penalty").asText();
      double expected = golden.get("value").doubleValue();
      assertThat(loss.item()).as(name).isCloseTo(expected, within(1e-6 * Math.max(1, expected)));
      assertThat(chosen.gradient().toFloats()).as(name)
          .containsExactly(floats(golden.get("chosenGradient")), within(2e-6f));
      assertThat(rejected.gradient().toFloats()).as(name)
          .containsExactly(floats(golden.get("rejectedGradient")), within(2e-6f));
    }
  }

  @Test
  void anUntrainedHeadStartsAtTheDocumentedLoss() {
    // ln 2 - 0.01 * 2 * 2 ln 5
    List<Tensor> result =
        Kernels.tensors("preference_loss", leaf(new float[3]), leaf(new float[3]), Tensor.zeros(0), 2.0, 0.0, 0.01, 0.0,
            0.0, 3.0);

    assertThat(result.getFirst().item()).isCloseTo(0.628770, within(1e-6));
    assertThat(result.get(1).toFloats()[2]).as("right pairs").isZero();
    assertThat(result.get(1).toFloats()[3]).as("ties").isEqualTo(3);
  }

  @Test
  void theMarginShiftsTheDifferenceButNotTheAccuracy() {
    List<Tensor> result = Kernels.tensors("preference_loss", leaf(new float[] {2}), leaf(new float[] {1}),
        Tensor.of(new float[] {1}, 1), 0.0, 0.0, 0.0, 0.0, 0.0, 1.0);

    assertThat(result.getFirst().item()).isCloseTo(Math.log(2), within(1e-6));
    assertThat(result.get(1).toFloats()[2]).isEqualTo(1);
  }

  @Test
  void gradientsAgreeWithFiniteDifferences() {
    float[] scores = {0.7f, -0.4f, 1.9f};
    Tensor chosen = leaf(scores);
    float[] other = {0.2f, 0.3f, -1.1f};
    preferenceLoss(2, chosen, other).backward();
    float[] gradient = chosen.gradient().toFloats();
    float h = 1e-2f;
    for (int i = 0; i < scores.length; i++) {
      float[] up = scores.clone();
      float[] down = scores.clone();
      up[i] += h;
      down[i] -= h;
      double slope = (preferenceLoss(2, leaf(up), other).item() - preferenceLoss(2, leaf(down), other).item())
          / (up[i] - down[i]);
      assertThat((double) gradient[i]).isCloseTo(slope, within(1e-4));
    }
  }

  private static Tensor preferenceLoss(double gamma, Tensor chosen, float[] rejected) {
    return Kernels.tensors("preference_loss", chosen, Tensor.of(rejected, rejected.length), Tensor.zeros(0), gamma,
        0.0, 0.01, 0.0, 0.0, (double) rejected.length).getFirst();
  }

  private static List<Tensor> policyLoss(JsonNode golden, Tensor now, int from, int to, double denominator) {
    long[] rows = LongStream.range(from, to).toArray();
    float[] old = Arrays.copyOfRange(floats(golden.get("old")), from, to);
    float[] advantages = Arrays.copyOfRange(floats(golden.get("advantages")), from, to);
    Tensor part = Kernels.tensor("select_rows", now, Tensor.of(rows, rows.length));
    return Kernels.tensors("policy_loss", part, Tensor.of(old, rows.length), Tensor.of(advantages, rows.length),
        ones(rows.length), golden.get("low").doubleValue(), golden.get("high").doubleValue(),
        golden.get("dual").asDouble(0), denominator);
  }

  private static List<Tensor> preferenceLoss(JsonNode golden, Tensor chosen, Tensor rejected) {
    float[] margins = floats(golden.get("margins"));
    double weight = golden.get("weight").doubleValue();
    String penalty = golden.get("penalty").asText();
    return Kernels.tensors("preference_loss", chosen, rejected, Tensor.of(margins, margins.length),
        golden.get("loss").asText().equals("focal") ? 2.0 : 0.0, golden.get("smoothing").doubleValue(),
        penalty.equals("log_barrier") ? weight : 0.0, penalty.equals("l2") ? weight : 0.0,
        golden.get("centering").doubleValue(), (double) golden.get("chosen").size());
  }

  private static Tensor ones(int n) {
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    return Tensor.of(ones, n);
  }

  private static Tensor leaf(float[] values, long... shape) {
    return Tensor.of(values, shape.length == 0 ? new long[] {values.length} : shape).requireGradient(true);
  }

  private static float[] matrix(JsonNode rows) {
    List<Float> all = new ArrayList<>();
    rows.forEach(row -> row.forEach(x -> all.add(x.floatValue())));
    float[] result = new float[all.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = all.get(i);
    }
    return result;
  }

  private static int[] ints(JsonNode array) {
    int[] result = new int[array.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = array.get(i).asInt();
    }
    return result;
  }
}
