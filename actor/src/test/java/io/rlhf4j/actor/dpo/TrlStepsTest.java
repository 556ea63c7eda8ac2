package io.rlhf4j.actor.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.config.MicroBatchConfig;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.StepListener;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fifty steps of TRL's trainers, as {@code src/benchmarks/golden/trl_steps.py} recorded them. */
class TrlStepsTest {

  private static final Path CHECKPOINT = Path.of("../src/core/src/test/resources/golden/llama-tied");
  private static final double RELATIVE = 1e-4;
  private static final long SEED = 7;

  private static JsonNode golden;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = TrlStepsTest.class.getResourceAsStream("/golden/trl_steps.json")) {
      golden = new ObjectMapper().readTree(in);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void dpoFollowsTrl(int index) {
    JsonNode expected = golden.get("dpo").get(index);
    DpoConfig config = new DpoConfig(type(expected.get("loss").asText()),
        expected.get("beta").asDouble(), 0, expected.get("nllCoef").asDouble(), false, 0, 1, 0,
        golden.get("batch").asInt(), MicroBatchConfig.of(60), optimizer(), SaveConfig.never());
    List<DpoPair> pairs = new ArrayList<>();
    for (JsonNode row : golden.get("pairs")) {
      pairs.add(pair(ints(row.get(0)), ints(row.get(1)), ints(row.get(2))));
    }
    List<DpoPair> arranged = arranged(pairs);
    List<double[]> steps = new ArrayList<>();
    try (CausalModel model = CausalModel.load(CHECKPOINT)) {
      List<ReferenceLogProbs> reference =
          ReferenceLogProbs.of(model, arranged, config.loss(), 500, count -> {});
      new DpoTrainer(model, config, SEED).train(arranged, reference, recordInto(steps));
    }
    assertFollows(steps, expected.get("steps"));
  }

  @Test
  void sftFollowsTrl() {
    SftConfig config = new SftConfig(1, 0, golden.get("batch").asInt(), MicroBatchConfig.of(60), false,
        SftConfig.Turns.ALL, 0, SaveConfig.never(), optimizer());
    List<MaskedTokens> rows = new ArrayList<>();
    for (JsonNode row : golden.get("pairs")) {
      TokenSequence sequence = TokenSequence.of(ints(row.get(0)), ints(row.get(1)));
      boolean[] trained = new boolean[sequence.length()];
      Arrays.fill(trained, sequence.promptLength(), trained.length, true);
      rows.add(new MaskedTokens(sequence.tokens(), trained));
    }
    List<double[]> steps = new ArrayList<>();
    try (CausalModel model = CausalModel.load(CHECKPOINT)) {
      new SftTrainer(model, config, SEED).train(arranged(rows), recordInto(steps));
    }
    assertFollows(steps, golden.get("sft"));
  }

  private static DpoLossType type(String name) {
    return DpoLossType.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static void assertFollows(List<double[]> steps, JsonNode expected) {
    assertThat(steps).hasSize(50).hasSize(expected.size());
    for (int i = 0; i < steps.size(); i++) {
      double loss = expected.get(i).get(0).asDouble();
      double norm = expected.get(i).get(1).asDouble();
      assertThat(steps.get(i)[0]).as("loss of step %d", i).isCloseTo(loss, relative(loss));
      assertThat(steps.get(i)[1]).as("gradient norm of step %d", i).isCloseTo(norm, within(5 * RELATIVE * norm));
    }
  }

  private static Offset<Double> relative(double value) {
    return within(RELATIVE * Math.abs(value));
  }

  private static StepListener recordInto(List<double[]> steps) {
    return (step, total, tokens, metrics) -> steps.add(new double[] {metrics.get("loss"), metrics.get("grad_norm")});
  }

  /** The order that the trainer's shuffle turns back into the given one. */
  private static <T> List<T> arranged(List<T> rows) {
    List<Integer> order = Batches.shuffled(IntStream.range(0, rows.size()).boxed().toList(), SEED, 0);
    List<T> arranged = new ArrayList<>(rows);
    for (int i = 0; i < rows.size(); i++) {
      arranged.set(order.get(i), rows.get(i));
    }
    return arranged;
  }

  private static OptimizerConfig optimizer() {
    return RecipeConfig.parse("sft: {learning_rate: %s, schedule: linear, warmup_ratio: 0.0, beta2: 0.999}"
        .formatted(golden.get("learningRate").asDouble())).sft().optimizer();
  }

  private static DpoPair pair(int[] prompt, int[] chosen, int[] rejected) {
    return new DpoPair(TokenSequence.of(prompt, chosen), TokenSequence.of(prompt, rejected), all(chosen.length),
        all(rejected.length));
  }

  private static boolean[] all(int count) {
    boolean[] all = new boolean[count];
    Arrays.fill(all, true);
    return all;
  }

  private static int[] ints(JsonNode array) {
    int[] result = new int[array.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = array.get(i).asInt();
    }
    return result;
  }
}
