package io.rlhf4j.actor.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.StageCheckpoints;
import io.rlhf4j.train.TinyRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DpoTrainerTest {

  @Test
  void atItsReferenceThePolicyIsIndifferentAndThenLearnsThePairs() {
    List<DpoPair> pairs = pairs(16, true);
    DpoConfig config = config("beta: 0.5, epochs: 12, batch_size: 8, learning_rate: 5.0e-3, nll_coef: 0.0");
    try (CausalModel model = TinyRun.policy()) {
      List<ReferenceLogProbs> reference = reference(model, pairs);
      DpoTrainer trainer = new DpoTrainer(model, config, 1);
      Map<String, Double> before = trainer.evaluate(pairs, reference);
      assertThat(before.get("loss")).isCloseTo(Math.log(2), within(1e-5));
      assertThat(before.get("margin")).isCloseTo(0, within(1e-5));

      trainer.train(pairs, reference, (step, total, tokens, metrics) -> assertThat(total).isEqualTo(24));

      Map<String, Double> after = trainer.evaluate(pairs, reference);
      assertThat(after.get("accuracy")).isEqualTo(1);
      assertThat(after.get("margin")).isGreaterThan(1);
      assertThat(after.get("loss")).isLessThan(0.4);
    }
  }

  @Test
  void theSizeOfMicroBatchesDoesNotMatter() {
    assertThat(embeddingAfterTraining(1)).containsExactly(embeddingAfterTraining(10_000), within(2e-5f));
  }

  @Test
  void theNllTermRaisesTheChosenAnswers() {
    List<DpoPair> pairs = pairs(8, true);
    double without = imitation(pairs, config("epochs: 20, batch_size: 8, learning_rate: 3.0e-3, nll_coef: 0.0"));
    double with = imitation(pairs, config("epochs: 20, batch_size: 8, learning_rate: 3.0e-3, nll_coef: 1.0"));
    assertThat(with).isLessThan(without - 0.2);
  }

  @Test
  void maskedTokensDoNotCountInTheComparison() {
    // The answers differ in their last token alone, and that one is masked: nothing is left to compare.
    int[] prompt = {4, 5, 6};
    DpoPair pair = new DpoPair(TokenSequence.of(prompt, new int[] {7, 8, 9}),
        TokenSequence.of(prompt, new int[] {7, 8, 10}), new boolean[] {true, true, false},
        new boolean[] {true, true, false});
    DpoConfig config = config("epochs: 3, batch_size: 1, learning_rate: 1.0e-2, nll_coef: 0.0");
    try (CausalModel model = TinyRun.policy()) {
      float[] before = model.projection().toFloats();
      List<ReferenceLogProbs> reference = reference(model, List.of(pair));
      Map<String, Double> last = new DpoTrainer(model, config, 1).train(List.of(pair), reference, (a, b, c, d) -> {});
      assertThat(last.get("margin")).isCloseTo(0, within(1e-6));
      assertThat(model.projection().toFloats()).containsExactly(before, within(1e-2f));
    }
  }

  @Test
  void aMovingReferenceStartsEachPassAtIndifference() {
    List<DpoPair> pairs = pairs(8, true);
    DpoConfig config = config("epochs: 3, batch_size: 8, learning_rate: 5.0e-3, nll_coef: 0.0, reference_epochs: 1");
    List<Double> losses = new ArrayList<>();
    try (CausalModel model = TinyRun.policy()) {
      new DpoTrainer(model, config, 1).train(pairs, reference(model, pairs),
          (step, total, tokens, metrics) -> losses.add(metrics.get("loss")));
    }
    assertThat(losses).hasSize(3).allSatisfy(loss -> assertThat(loss).isCloseTo(Math.log(2), within(1e-5)));
  }

  @Test
  void ipoAveragesOverTheTokensOfAnAnswer() {
    List<DpoPair> pairs = pairs(6, false);
    try (CausalModel model = TinyRun.policy()) {
      List<ReferenceLogProbs> sums = ReferenceLogProbs.of(model, pairs, DpoLossType.SIGMOID, 50, count -> {});
      List<ReferenceLogProbs> means = ReferenceLogProbs.of(model, pairs, DpoLossType.IPO, 10_000, count -> {});
      for (int i = 0; i < pairs.size(); i++) {
        int tokens = pairs.get(i).chosen().responseLength();
        assertThat(means.get(i).chosen() * tokens).isCloseTo(sums.get(i).chosen(), within(1e-4f));
      }
    }
  }

  @Test
  void trainingLeavesNoTensorsBehind() {
    List<DpoPair> pairs = pairs(8, true);
    try (CausalModel model = TinyRun.policy()) {
      List<ReferenceLogProbs> reference = reference(model, pairs);
      long before = Tensor.liveCount();
      new DpoTrainer(model, config("batch_size: 4"), 1).train(pairs, reference, (a, b, c, d) -> {});
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  @Test
  void interruptedAfterAnyStepItEndsWithTheSameWeightsAndMeans(@TempDir Path directory) {
    // The reference moves with every pass: a checkpoint must know where it stood.
    List<DpoPair> pairs = pairs(10, false);
    DpoConfig config = config("epochs: 3, batch_size: 4, reference_epochs: 1, learning_rate: 3.0e-3, save_steps: 1");
    Outcome undisturbed = train(pairs, config, StageCheckpoints.none(), 99);
    for (int last = 1; last <= 9; last++) {
      StageCheckpoints checkpoints =
          StageCheckpoints.in(directory.resolve("after-" + last), config.saving(), "these pairs");
      int died = last;
      assertThatThrownBy(() -> train(pairs, config, checkpoints, died)).hasMessage("killed");
      Outcome resumed = train(pairs, config, checkpoints, 99);
      assertThat(resumed.weights()).as("after %d steps", last).containsExactly(undisturbed.weights());
      assertThat(resumed.means()).isEqualTo(undisturbed.means());
    }
  }

  private record Outcome(float[] weights, Map<String, Double> means) {}

  /** Dies in step {@code diesIn}, before its checkpoint is written. */
  private static Outcome train(List<DpoPair> pairs, DpoConfig config, StageCheckpoints checkpoints, int diesIn) {
    try (CausalModel model = TinyRun.policy()) {
      Map<String, Double> means =
          new DpoTrainer(model, config, 5).train(pairs, reference(model, pairs), (step, total, tokens, metrics) -> {
            if (step == diesIn) {
              throw new IllegalStateException("killed");
            }
          }, checkpoints);
      return new Outcome(model.projection().toFloats(), means);
    }
  }

  @Test
  void noPairsAreRefused() {
    try (CausalModel model = TinyRun.policy()) {
      DpoTrainer trainer = new DpoTrainer(model, config(""), 1);
      assertThatThrownBy(() -> trainer.train(List.of(), List.of(), (a, b, c, d) -> {}))
          .isInstanceOf(InputException.class).hasMessage("there is no preference pair to learn from");
    }
  }

  private static double imitation(List<DpoPair> pairs, DpoConfig config) {
    try (CausalModel model = TinyRun.policy()) {
      List<ReferenceLogProbs> reference = reference(model, pairs);
      DpoTrainer trainer = new DpoTrainer(model, config, 1);
      trainer.train(pairs, reference, (a, b, c, d) -> {});
      return trainer.evaluate(pairs, reference).get("nll_loss");
    }
  }

  private static float[] embeddingAfterTraining(int microBatchTokens) {
    List<DpoPair> pairs = pairs(12, false);
    try (CausalModel model = TinyRun.policy()) {
      DpoConfig config = config("epochs: 2, batch_size: 6, learning_rate: 1.0e-3, micro_batch_tokens: "
          + microBatchTokens);
      new DpoTrainer(model, config, 3).train(pairs, reference(model, pairs), (a, b, c, d) -> {});
      return model.projection().toFloats();
    }
  }

  private static List<ReferenceLogProbs> reference(CausalModel model, List<DpoPair> pairs) {
    return ReferenceLogProbs.of(model, pairs, DpoLossType.SIGMOID, 100, count -> {});
  }

  private static DpoConfig config(String keys) {
    return RecipeConfig.parse("dpo: {" + keys + "}").dpo();
  }

  /** Random answers; with {@code telling}, chosen ones begin with one token and rejected ones with another. */
  private static List<DpoPair> pairs(int count, boolean telling) {
    Random random = new Random(2);
    List<DpoPair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(2 + random.nextInt(6), 0, TinyRun.SHAPE.vocabSize()).toArray();
      int[] chosen = random.ints(1 + random.nextInt(9), 0, TinyRun.SHAPE.vocabSize()).toArray();
      int[] rejected = random.ints(1 + random.nextInt(9), 0, TinyRun.SHAPE.vocabSize()).toArray();
      if (telling) {
        chosen[0] = 11;
        rejected[0] = 12;
      }
      pairs.add(new DpoPair(TokenSequence.of(prompt, chosen), TokenSequence.of(prompt, rejected), all(chosen.length),
          all(rejected.length)));
    }
    return pairs;
  }

  private static boolean[] all(int count) {
    boolean[] all = new boolean[count];
    Arrays.fill(all, true);
    return all;
  }
}
