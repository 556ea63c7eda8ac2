package io.rlhf4j.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ExperienceBatch;
import io.rlhf4j.rl.ExperienceMaker;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.ResponseLogProbs;
import io.rlhf4j.train.TinyRun;
import io.rlhf4j.train.TinyRun.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of the policy's loss, each by what it changes in an update of a tiny model. */
class PolicyLossOptionsTest {

  private static final int RESPONSES = 8;

  @TempDir
  private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"loss_aggregation: token_mean", "loss_aggregation: sequence_mean",
      "loss_aggregation: constant", "use_kl_loss: true, kl_estimator: k3, kl_coef: 0.5",
      "importance_cap: 1.5"})
  void anyMicroBatchGivesTheSameLossAndGradient(String keys) {
    Settings settings = Settings.ONE_UPDATE.withEntropyCoef(0.1);
    Map<String, Double> whole = update(settings.config(keys));
    // Tokens that hold one, about two and about four of the responses.
    for (int tokens : new int[] {1, 30, 60}) {
      Map<String, Double> parts = update(settings.withMicroBatchTokens(tokens).config(keys));
      assertThat(parts.get("policy_loss")).as(tokens + " tokens")
          .isCloseTo(whole.get("policy_loss"), within(2e-6));
      assertThat(parts.get("policy_grad_norm")).as(tokens + " tokens")
          .isCloseTo(whole.get("policy_grad_norm"), within(1e-5 * whole.get("policy_grad_norm")));
    }
  }

  @Test
  void aggregationsDifferOnResponsesOfDifferentLength() {
    double token = update(config("loss_aggregation: token_mean", 16_384)).get("policy_loss");
    double sequence = update(config("loss_aggregation: sequence_mean", 16_384)).get("policy_loss");
    double constant = update(config("loss_aggregation: constant", 16_384)).get("policy_loss");

    int actions = TinyRun.rollouts(RESPONSES, 21).stream().mapToInt(rollout -> rollout.response().length).sum();
    assertThat(constant).isCloseTo(token * actions / (RESPONSES * 16), within(1e-6));
    assertThat(Math.abs(sequence - token)).isGreaterThan(1e-3);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.7})
  void onPolicyTheRatioIsExactlyOneAndTheKlToTheSameModelExactlyZero(double temperature) {
    PpoConfig options = Settings.ONE_UPDATE.withTemperature(temperature).config("critic: {}");
    try (CausalModel model = TinyRun.policy(); CausalModel same = TinyRun.policy();
        PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      List<Rollout> rollouts = TinyRun.rollouts(RESPONSES, 21);
      List<TokenSequence> sequences = rollouts.stream().map(Rollout::sequence).toList();
      List<float[]> policy = trainer.logProbs(sequences, temperature);
      List<float[]> reference = ResponseLogProbs.of(same, sequences, temperature, options.microBatchTokens());
      List<ScoredRollout> scored = new ArrayList<>();
      for (int i = 0; i < RESPONSES; i++) {
        scored.add(new ScoredRollout(rollouts.get(i), i, policy.get(i), reference.get(i),
            new float[policy.get(i).length]));
      }
      ExperienceBatch batch = new ExperienceMaker(options.experience()).make(0, scored);
      Map<String, Double> update = trainer.update(0, batch.experiences());

      assertThat(batch.metrics()).containsEntry("kl", 0.0).containsEntry("kl_k3", 0.0);
      assertThat(update).containsEntry("ratio_first_update", 1.0).containsEntry("ratio_first_update_error", 0.0)
          .containsEntry("policy_approx_kl", 0.0).containsEntry("policy_clip_fraction", 0.0);
    }
  }

  @Test
  void theKlLossPullsThePolicyTowardsTheReference() {
    String keys = "use_kl_loss: true, kl_estimator: %s, kl_coef: 1";
    for (String estimator : List.of("k2", "k3")) {
      PpoConfig options = Settings.ONE_UPDATE.withEpochs(6).withLearningRate(1e-2).config(keys.formatted(estimator));
      try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
        List<Experience> batch = experience(trainer, 0);
        double before = distance(trainer, batch);
        Map<String, Double> metrics = trainer.update(0, batch);
        assertThat(distance(trainer, batch)).as(estimator).isLessThan(before);
        assertThat(metrics.get("kl_loss")).as(estimator).isPositive();
      }
    }
  }

  @Test
  void importanceWeightsAreReportedAndScaleTheLoss() {
    PpoConfig options = config("importance_cap: 1.5", 16_384);
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      List<Experience> halved = new ArrayList<>();
      for (Experience one : experience(trainer, 1)) {
        float[] behaviour = one.oldLogProbs().clone();
        for (int t = 0; t < behaviour.length; t++) {
          behaviour[t] += (float) Math.log(2);
        }
        halved.add(withBehaviour(one, behaviour));
      }
      Map<String, Double> metrics = trainer.update(0, halved);

      assertThat(metrics.get("importance_weight_mean")).isCloseTo(0.5, within(1e-6));
      assertThat(metrics.get("importance_capped")).isZero();
      assertThat(metrics.get("policy_loss"))
          .isCloseTo(0.5 * update(config("critic: {}", 16_384)).get("policy_loss"), within(1e-6));
    }
  }

  @Test
  void theBehaviourPolicyCanBeTheOneThatTheRatioIsTakenAgainst() {
    PpoConfig options = config("proximal_policy: behaviour", 16_384);
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      List<Experience> batch = experience(trainer, 1).stream().map(one -> {
        float[] behaviour = one.oldLogProbs().clone();
        behaviour[0] -= 0.5f;
        return withBehaviour(one, behaviour);
      }).toList();
      Map<String, Double> metrics = trainer.update(0, batch);
      // One action of each answer has the ratio e^0.5, the others 1.
      double actions = batch.stream().mapToInt(one -> one.rollout().response().length).average().orElseThrow();
      assertThat(metrics.get("ratio_first_update")).isCloseTo(1 + (Math.exp(0.5) - 1) / actions, within(1e-5));
      assertThat(metrics).doesNotContainKey("ratio_first_update_error");
    }
  }

  @Test
  void demonstrationsAreImitatedBesideTheUpdate() {
    MaskedTokens example =
        new MaskedTokens(new int[] {3, 9, 27, 33, 5}, new boolean[] {false, false, true, true, true});
    PpoConfig options = Settings.ONE_UPDATE.withEpochs(8).withLearningRate(1e-2).config("ptx_coef: 0.5");
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      trainer.mixIn(List.of(example));
      List<Experience> batch = experience(trainer, 0);
      Map<String, Double> first = trainer.update(0, batch);
      Map<String, Double> second = trainer.update(1, batch);

      assertThat(second.get("ptx_loss")).isLessThan(0.7 * first.get("ptx_loss"));
      assertThat(update(config("ptx_coef: 0.5", 16_384))).as("without demonstrations").doesNotContainKey("ptx_loss");
    }
  }

  @Test
  void theWeightOfImitationScalesItsGradientNotItsReport() {
    MaskedTokens example = new MaskedTokens(new int[] {3, 9, 27}, new boolean[] {false, true, true});
    double[] norms = new double[2];
    double[] losses = new double[2];
    for (int i = 0; i < 2; i++) {
      PpoConfig options = config(i == 0 ? "ptx_coef: 0.5" : "ptx_coef: 2", 16_384);
      try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
        trainer.mixIn(List.of(example));
        Map<String, Double> metrics = trainer.update(0, experience(trainer, 0));
        norms[i] = metrics.get("policy_grad_norm");
        losses[i] = metrics.get("ptx_loss");
      }
    }
    assertThat(norms[1]).isCloseTo(4 * norms[0], within(1e-4 * norms[1]));
    assertThat(losses[1]).isCloseTo(losses[0], within(1e-6));
  }

  @Test
  void theAverageFollowsTheWeights() {
    PpoConfig options = config("ema_beta: 0.75", 16_384);
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      float[] before = model.projection().toFloats();
      trainer.update(0, experience(trainer, 1));
      float[] after = model.projection().toFloats();
      trainer.saveAverage(directory.resolve("ema"));

      assertThat(model.projection().toFloats()).as("saving leaves the model alone").containsExactly(after);
      try (CausalModel average = CausalModel.load(directory.resolve("ema"))) {
        float[] expected = new float[before.length];
        for (int i = 0; i < before.length; i++) {
          expected[i] = 0.75f * before[i] + 0.25f * after[i];
        }
        assertThat(average.projection().toFloats()).containsExactly(expected, within(1e-7f));
      }
    }
  }

  @Test
  void theLearningRateBeginsItsCourseAfterTheCriticsWarmUp() {
    PpoConfig options = RecipeConfig.parse("""
        ppo: {iterations: 10, prompts_per_iteration: 8, epochs: 1, mini_batch_size: 8, critic: {warmup_steps: 4},
              actor: {learning_rate: 1.0e-2, schedule: linear, warmup_ratio: 0}}
        """).ppo();
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      List<Experience> batch = experience(trainer, 1);
      // Ten iterations, four of them the critic's: the policy's six updates start at the peak.
      assertThat(trainer.update(4, batch)).containsEntry("policy_learning_rate", 1e-2);
      assertThat(trainer.update(7, batch).get("policy_learning_rate")).isCloseTo(0.5e-2, within(1e-12));
    }
  }

  private static PpoConfig config(String keys, int microBatchTokens) {
    return Settings.ONE_UPDATE.withMicroBatchTokens(microBatchTokens).config(keys);
  }

  private static Map<String, Double> update(PpoConfig options) {
    try (CausalModel model = TinyRun.policy(); PolicyTrainer trainer = new PolicyTrainer(model, options, 5)) {
      return trainer.update(0, experience(trainer, 1));
    }
  }

  /** Random advantages of that size; the reference is the policy with noise. */
  private static List<Experience> experience(PolicyTrainer trainer, double scale) {
    List<Rollout> rollouts = TinyRun.rollouts(RESPONSES, 21);
    List<float[]> old = trainer.logProbs(rollouts.stream().map(Rollout::sequence).toList(), 1);
    Random random = new Random(4);
    List<Experience> batch = new ArrayList<>();
    for (int i = 0; i < rollouts.size(); i++) {
      int n = old.get(i).length;
      float[] advantages = new float[n];
      float[] reference = old.get(i).clone();
      for (int t = 0; t < n; t++) {
        advantages[t] = (float) (scale * random.nextGaussian());
        reference[t] += (float) (0.7 * random.nextGaussian());
      }
      batch.add(new Experience(rollouts.get(i), old.get(i), new float[n], advantages, new float[n], reference));
    }
    return batch;
  }

  private static Experience withBehaviour(Experience one, float[] behaviour) {
    Rollout old = one.rollout();
    Rollout rollout = new Rollout(old.key(), old.prompt(), old.response(), behaviour, old.finish());
    return new Experience(rollout, one.oldLogProbs(), one.oldValues(), one.advantages(), one.returns(),
        one.referenceLogProbs());
  }

  private static double distance(PolicyTrainer trainer, List<Experience> batch) {
    List<float[]> now = trainer.logProbs(batch.stream().map(one -> one.rollout().sequence()).toList(), 1);
    double sum = 0;
    for (int i = 0; i < now.size(); i++) {
      for (int t = 0; t < now.get(i).length; t++) {
        sum += Math.pow(now.get(i)[t] - batch.get(i).referenceLogProbs()[t], 2);
      }
    }
    return sum;
  }
}
