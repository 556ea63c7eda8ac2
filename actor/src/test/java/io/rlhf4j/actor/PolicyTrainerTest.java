package io.rlhf4j.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.TinyRun;
import io.rlhf4j.train.TinyRun.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTrainerTest {

  @ParameterizedTest
  @ValueSource(doubles = {1.0, 0.7})
  void theFirstRatioIsOneAtEveryTemperature(double temperature) {
    Settings settings = Settings.ONE_UPDATE.withTemperature(temperature);
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, settings)) {
      // Old log-probs are packed all together, the update in other parts.
      Map<String, Double> metrics = trainer.update(0, experience(trainer, temperature));

      assertThat(metrics.get("ratio_first_update")).isCloseTo(1, within(1e-6));
      assertThat(metrics.get("ratio_first_update_error")).isLessThan(1e-5);
      assertThat(metrics.get("policy_clip_fraction")).isZero();
      assertThat(metrics.get("policy_approx_kl")).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void logProbsAtAnotherTemperatureShowInTheFirstRatio() {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      assertThat(trainer.update(0, experience(trainer, 0.7)).get("ratio_first_update_error")).isGreaterThan(0.1);
    }
  }

  @Test
  void microBatchesDoNotChangeTheUpdate() {
    Map<String, float[]> whole = weightsAfter(Settings.ONE_UPDATE, 0);
    for (int tokens : new int[] {1, 25, 60}) {
      Map<String, float[]> parts = weightsAfter(Settings.ONE_UPDATE.withMicroBatchTokens(tokens), 0);
      // Adam's first step has the size of the learning rate, 1e-3, and the sign of the gradient: only where the
      // gradient is almost zero may rounding show, so compare the whole step.
      whole.forEach((name, expected) -> assertThat(distance(parts.get(name), expected)).as(name)
          .isLessThan(2e-2 * distance(new float[expected.length], expected)));
    }
  }

  @Test
  void goodResponsesBecomeLikelierAndBadOnesLess() {
    Settings settings = Settings.ONE_UPDATE.withEpochs(4).withLearningRate(1e-2);
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, settings)) {
      List<Experience> batch = new ArrayList<>();
      for (Experience experience : experience(trainer, 1)) {
        float[] advantages = new float[experience.advantages().length];
        Arrays.fill(advantages, batch.size() % 2 == 0 ? 1 : -1);
        batch.add(new Experience(experience.rollout(), experience.oldLogProbs(), experience.oldValues(), advantages,
            experience.returns()));
      }

      Map<String, Double> metrics = trainer.update(0, batch);

      List<float[]> after = trainer.logProbs(sequences(batch), 1);
      double good = 0;
      double bad = 0;
      for (int i = 0; i < batch.size(); i++) {
        double change = sum(after.get(i)) - sum(batch.get(i).oldLogProbs());
        good += i % 2 == 0 ? change : 0;
        bad += i % 2 == 0 ? 0 : change;
      }
      assertThat(good).isPositive();
      assertThat(bad).isNegative();
      assertThat(metrics.get("policy_clip_fraction")).isPositive();
      assertThat(metrics.get("policy_approx_kl")).isPositive();
      assertThat(metrics.get("policy_learning_rate")).isEqualTo(1e-2);
      assertThat(metrics.get("policy_skipped_updates")).isZero();
    }
  }

  @Test
  void theEntropyBonusFlattensThePolicy() {
    double without = entropyAfter(Settings.ONE_UPDATE.withEpochs(5).withLearningRate(1e-2));
    double with = entropyAfter(Settings.ONE_UPDATE.withEpochs(5).withLearningRate(1e-2).withEntropyCoef(1));

    assertThat(with).isGreaterThan(without + 0.05);
  }

  @Test
  void anIterationReplaysToTheSameBitsAndAnotherOneShufflesDifferently() {
    Settings settings = new Settings(2, 2, 16_384, 1, 1e-2, 0, null);

    Map<String, float[]> first = weightsAfter(settings, 3);
    assertThat(weightsAfter(settings, 3)).usingRecursiveComparison().isEqualTo(first);
    assertThat(weightsAfter(settings, 4).get("model.norm.weight")).isNotEqualTo(first.get("model.norm.weight"));
  }

  @Test
  void thePolicyWaitsWhileTheCriticWarmsUp() {
    try (CausalModel model = TinyRun.policy();
        PolicyTrainer trainer = new PolicyTrainer(model, Settings.ONE_UPDATE.config(2), 5)) {
      float[] before = model.projection().toFloats();
      List<Experience> batch = experience(trainer, 1);

      Map<String, Double> waiting = trainer.update(1, batch);
      assertThat(model.projection().toFloats()).isEqualTo(before);
      assertThat(waiting).containsEntry("policy_learning_rate", 0.0).containsEntry("policy_grad_norm", 0.0);
      assertThat(waiting.get("ratio_first_update")).isCloseTo(1, within(1e-6));

      assertThat(trainer.update(2, batch).keySet()).isEqualTo(waiting.keySet());
      assertThat(model.projection().toFloats()).isNotEqualTo(before);
    }
  }

  /** Dropout in the update but not in the old log-probs would be a policy change that nobody made. */
  @Test
  void adaptersDropNothingInAnUpdate() {
    try (CausalModel model = TinyRun.policy()) {
      model.addAdapters(new LoraConfig(4, 16, 0.5, List.of(LoraConfig.ALL_LINEAR), false), 3);
      try (PolicyTrainer trainer = trainer(model, Settings.ONE_UPDATE.withLearningRate(1e-2))) {
        // Fresh adapters add nothing, whatever is dropped before them.
        trainer.update(0, experience(trainer, 1));
        assertThat(trainer.update(1, experience(trainer, 1)).get("ratio_first_update_error")).isLessThan(1e-5);
      }
    }
  }

  @Test
  void anUpdateLeavesNoTensorsBehind() {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      List<Experience> batch = experience(trainer, 1);
      long before = Tensor.liveCount();
      trainer.update(0, batch);
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  @Test
  void fromNothingNothingIsLearned() {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      float[] before = model.projection().toFloats();
      assertThat(trainer.update(2, List.of())).containsEntry("ratio_first_update", 1.0).allSatisfy(
          (name, value) -> assertThat(value).as(name).isFinite());
      assertThat(model.projection().toFloats()).containsExactly(before);
    }
  }

  private static PolicyTrainer trainer(CausalModel model, Settings settings) {
    return new PolicyTrainer(model, settings.config(), 5);
  }

  private static Map<String, float[]> weightsAfter(Settings settings, long step) {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, settings)) {
      trainer.update(step, experience(trainer, 1));
      Map<String, float[]> weights = new LinkedHashMap<>();
      try (CausalModel before = TinyRun.policy()) {
        model.weights().forEach((name, weight) -> weights.put(name,
            minus(weight.toFloats(), before.weights().get(name).toFloats())));
      }
      return weights;
    }
  }

  private static double entropyAfter(Settings settings) {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = trainer(model, settings)) {
      List<Experience> batch = experience(trainer, 1);
      trainer.update(0, batch);
      return trainer.update(1, batch).get("policy_entropy");
    }
  }

  /** Random advantages for fixed rollouts. */
  private static List<Experience> experience(PolicyTrainer trainer, double temperature) {
    List<Rollout> rollouts = TinyRun.rollouts(8, 21);
    List<float[]> old = trainer.logProbs(rollouts.stream().map(Rollout::sequence).toList(), temperature);
    Random random = new Random(4);
    List<Experience> batch = new ArrayList<>();
    for (int i = 0; i < rollouts.size(); i++) {
      float[] advantages = new float[old.get(i).length];
      for (int t = 0; t < advantages.length; t++) {
        advantages[t] = (float) random.nextGaussian();
      }
      batch.add(new Experience(rollouts.get(i), old.get(i), new float[advantages.length], advantages,
          new float[advantages.length]));
    }
    return batch;
  }

  private static List<TokenSequence> sequences(List<Experience> batch) {
    return batch.stream().map(experience -> experience.rollout().sequence()).toList();
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static float[] minus(float[] a, float[] b) {
    float[] result = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      result[i] = a[i] - b[i];
    }
    return result;
  }

  private static double distance(float[] a, float[] b) {
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      squares += (a[i] - b[i]) * (double) (a[i] - b[i]);
    }
    return Math.sqrt(squares);
  }
}
