package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fifty steps of TRL's RewardTrainer, as {@code src/benchmarks/golden/trl_reward_steps.py} recorded them. */
class TrlRewardStepsTest {

  private static final Path CHECKPOINT = Path.of("../src/core/src/test/resources/golden/llama-reward");
  private static final double RELATIVE = 1e-4;
  private static final long SEED = 7;

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void followsTrl(int index) throws IOException {
    JsonNode golden;
    try (InputStream in = TrlRewardStepsTest.class.getResourceAsStream("/golden/trl_reward_steps.json")) {
      golden = new ObjectMapper().readTree(in);
    }
    JsonNode run = golden.get("runs").get(index);
    RewardConfig config = TinyPairs.config("""
        penalty: none, batch_size: %d, learning_rate: %s, schedule: linear, warmup_ratio: 0, beta2: 0.999, \
        use_margin: %s, center_rewards_coefficient: %s""".formatted(golden.get("batch").asInt(),
        golden.get("learningRate").asText(), run.get("margin").asBoolean(), run.get("centering").asText()));
    List<TokenizedPair> pairs = new ArrayList<>();
    golden.get("pairs").forEach(row -> pairs.add(new TokenizedPair(
        TokenSequence.of(ints(row.get(0)), ints(row.get(1))), TokenSequence.of(ints(row.get(0)), ints(row.get(2))),
        row.get(3).asDouble())));
    List<RewardStep> steps = new ArrayList<>();
    try (ScalarModel model = ScalarModel.load(CHECKPOINT)) {
      new RewardTrainer(model, config, SEED).train(arranged(pairs), pairs.subList(0, 1), new RewardTrainingListener() {
        @Override
        public void stepped(RewardStep step) {
          steps.add(step);
        }
      });
    }
    assertThat(steps).hasSize(50).hasSize(run.get("steps").size());
    for (int i = 0; i < steps.size(); i++) {
      JsonNode expected = run.get("steps").get(i);
      double loss = expected.get(0).asDouble();
      double norm = expected.get(1).asDouble();
      assertThat(steps.get(i).loss()).as("loss of step %d", i).isCloseTo(loss, within(RELATIVE * loss));
      assertThat(steps.get(i).gradientNorm()).as("gradient norm of step %d", i)
          .isCloseTo(norm, within(5 * RELATIVE * norm));
      assertThat(steps.get(i).accuracy()).as("accuracy of step %d", i).isEqualTo(expected.get(2).asDouble());
    }
  }

  /** The order that the trainer's shuffle turns back into the given one. */
  private static List<TokenizedPair> arranged(List<TokenizedPair> pairs) {
    List<TokenizedPair> order = Batches.shuffledGroups(pairs, TokenizedPair::prompt, SEED, 1);
    List<Integer> positions = Batches.shuffledGroups(IntStream.range(0, pairs.size()).boxed().toList(),
        i -> pairs.get(i).prompt(), SEED, 1);
    assertThat(order).hasSameSizeAs(positions);
    List<TokenizedPair> arranged = new ArrayList<>(pairs);
    for (int i = 0; i < pairs.size(); i++) {
      arranged.set(positions.get(i), pairs.get(i));
    }
    return arranged;
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }
}
