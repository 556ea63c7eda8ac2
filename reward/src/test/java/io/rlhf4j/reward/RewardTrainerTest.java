package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.StageCheckpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RewardTrainerTest {

  private static final String FAST = "learning_rate: 5.0e-3, batch_size: 32, epochs: 6, warmup_ratio: 0.1";

  @Test
  void learnsAPreferenceThatItNeverSaw() {
    try (ScalarModel model = TinyPairs.model(1)) {
      RewardTrainer trainer = new RewardTrainer(model, TinyPairs.config(FAST), 3);
      List<TokenizedPair> test = TinyPairs.random(200, 99);
      RewardEvaluation before = trainer.evaluate(PairSource.of(test));

      RewardEvaluation after = trainer.train(TinyPairs.random(600, 5), test, RewardTrainingListener.NONE);

      assertThat(before.accuracy().value()).isBetween(0.3, 0.7);
      assertThat(after.accuracy().value()).isGreaterThan(0.95);
      assertThat(after.margin()).isGreaterThan(1);
      assertThat(after).isEqualTo(trainer.evaluate(PairSource.of(test)));
    }
  }

  @Test
  void sameSeedSameStepsWhateverTheMicroBatch() {
    List<RewardStep> whole = steps(FAST + ", micro_batch_tokens: 100000", 3);
    List<RewardStep> pieces = steps(FAST + ", micro_batch_tokens: 40", 3);
    List<RewardStep> again = steps(FAST + ", micro_batch_tokens: 100000", 3);
    List<RewardStep> otherSeed = steps(FAST + ", micro_batch_tokens: 100000", 4);

    assertThat(again).isEqualTo(whole);
    assertThat(otherSeed).isNotEqualTo(whole);
    assertThat(pieces).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(pieces.get(i).loss()).isCloseTo(whole.get(i).loss(), within(2e-4));
      assertThat(pieces.get(i).tokens()).isEqualTo(whole.get(i).tokens());
    }
  }

  @Test
  void microBatchesAddUpToTheGradientOfTheBatch() {
    List<TokenizedPair> batch = TinyPairs.random(13, 8);
    for (String loss : List.of("loss: ranking, penalty: log_barrier", "loss: focal, penalty: l2",
        "loss: ranking, penalty: none, use_margin: true, label_smoothing: 0.1, center_rewards_coefficient: 0.01")) {
      RewardConfig config = TinyPairs.config(loss);
      float[][] whole = gradients(config, List.of(batch), batch.size());
      float[][] pieces = gradients(config, Batches.ofTokens(batch, TokenizedPair::tokens, 30), batch.size());
      for (int i = 0; i < whole.length; i++) {
        assertThat(pieces[i]).containsExactly(whole[i], Offset.offset(1e-6f));
      }
    }
  }

  @Test
  void answersThatStandInSeveralPairsCountInEach() {
    TokenizedPair first = TinyPairs.random(1, 8).getFirst();
    TokenSequence third = TokenSequence.of(Arrays.copyOf(first.chosen().tokens(), first.chosen().promptLength()),
        new int[] {7, 9, TinyPairs.EOS});
    // Three answers to one prompt in all their comparisons; neither side holds an answer only once.
    List<TokenizedPair> group = List.of(first, new TokenizedPair(first.chosen(), third, 0.5),
        new TokenizedPair(third, first.rejected(), 0.5));
    RewardConfig config = TinyPairs.config("loss: ranking, penalty: log_barrier");

    float[][] together = gradients(config, List.of(group), 3);
    float[][] apart = gradients(config, group.stream().map(List::of).toList(), 3);

    for (int i = 0; i < apart.length; i++) {
      assertThat(together[i]).containsExactly(apart[i], Offset.offset(1e-6f));
    }
  }

  @Test
  void reportsStepsOfEveryEpochWithAShortLastBatch() {
    List<RewardStep> steps = steps("learning_rate: 1.0e-3, batch_size: 32, epochs: 2, warmup_ratio: 0", 3);

    // 70 pairs in batches of 32: 32 + 32 + 6, twice.
    assertThat(steps).extracting(RewardStep::pairs).containsExactly(32, 32, 6, 32, 32, 6);
    assertThat(steps).allMatch(step -> step.correct() + step.ties() <= step.pairs()
        && step.scoreMin() <= Math.min(step.chosenMean(), step.rejectedMean())
        && step.scoreMax() >= Math.max(step.chosenMean(), step.rejectedMean()));
    assertThat(steps).extracting(RewardStep::epoch).containsExactly(1, 1, 1, 2, 2, 2);
    assertThat(steps).extracting(RewardStep::step).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(steps).allMatch(RewardStep::applied).allMatch(step -> step.totalSteps() == 6);
    assertThat(steps.getFirst().learningRate()).isEqualTo(1e-3);
    assertThat(steps.getLast().learningRate()).isLessThan(5e-4);
  }

  @Test
  void evaluatesDuringTrainingAndOnceAtTheEnd() {
    List<Integer> at = new ArrayList<>();
    try (ScalarModel model = TinyPairs.model(1)) {
      new RewardTrainer(model, TinyPairs.config("epochs: 2, batch_size: 32, eval_steps: 2"), 3)
          .train(TinyPairs.random(70, 5), TinyPairs.random(10, 6), new RewardTrainingListener() {
            @Override
            public void evaluated(int step, RewardEvaluation evaluation) {
              assertThat(evaluation.pairs()).isEqualTo(10);
              at.add(step);
            }
          });
    }
    assertThat(at).containsExactly(2, 4, 6);
  }

  @Test
  void accumulatedBatchesAreOneLargeBatch() {
    List<RewardStep> large = steps("batch_size: 32, epochs: 2, learning_rate: 1.0e-3", 3);
    List<RewardStep> accumulated = steps(
        "batch_size: 8, gradient_accumulation_steps: 4, epochs: 2, learning_rate: 1.0e-3", 3);
    assertThat(accumulated).isEqualTo(large);
  }

  @Test
  void maxStepsEndsOrExtendsTheEpochs() {
    // 70 pairs in batches of 32 make 3 steps a pass.
    List<RewardStep> shorter = steps("batch_size: 32, epochs: 5, max_steps: 2", 3);
    assertThat(shorter).hasSize(2).allMatch(step -> step.totalSteps() == 2);
    assertThat(steps("batch_size: 32, epochs: 1, max_steps: 7", 3)).extracting(RewardStep::epoch)
        .containsExactly(1, 1, 1, 2, 2, 2, 3);
  }

  @Test
  void groupsByLengthWithoutLosingAPair() {
    List<TokenizedPair> pairs = TinyPairs.random(70, 5);
    PairBatches batches =
        new PairBatches(PairSource.of(pairs), TinyPairs.config("batch_size: 8, group_by_length: true"), 3);
    List<PairBatches.Batch> epoch = batches.epoch(1);

    assertThat(epoch.stream().flatMap(batch -> batch.pairs().stream())).containsExactlyInAnyOrderElementsOf(pairs);
    // One group of 50 batches holds all: lengths fall from batch to batch.
    List<Integer> lengths =
        epoch.stream().flatMap(batch -> batch.pairs().stream()).map(TokenizedPair::tokens).toList();
    assertThat(lengths).isSortedAccordingTo((a, b) -> b - a);
  }

  @ParameterizedTest
  @ValueSource(strings = {"batch_size: 8, shuffle: false",
      "batch_size: 2, shuffle: false, max_packed_length: 64, shuffle_before_pack: false"})
  void unshuffledPassesKeepTheOrderOfTheFile(String keys) {
    List<TokenizedPair> pairs = TinyPairs.random(70, 5);
    PairBatches batches = new PairBatches(PairSource.of(pairs), TinyPairs.config(keys), 3);

    assertThat(pairsOf(batches, 2)).containsExactlyElementsOf(pairsOf(batches, 1));
    if (batches.packs().isEmpty()) {
      assertThat(pairsOf(batches, 1)).containsExactlyElementsOf(pairs);
    } else {
      // Which pairs make up a pack depends on their lengths.
      assertThat(pairsOf(batches, 1)).containsExactlyInAnyOrderElementsOf(pairs);
    }
  }

  private static List<TokenizedPair> pairsOf(PairBatches batches, int epoch) {
    return batches.epoch(epoch).stream().flatMap(batch -> batch.pairs().stream()).toList();
  }

  @Test
  void packsHoldWholePairsAndEveryPairOnce() {
    List<TokenizedPair> pairs = TinyPairs.random(70, 5);
    PairBatches batches = new PairBatches(PairSource.of(pairs),
        TinyPairs.config("batch_size: 2, gradient_accumulation_steps: 2, max_packed_length: 64"), 3);
    List<PairBatches.Batch> epoch = batches.epoch(1);

    assertThat(epoch).hasSize(batches.stepsPerEpoch());
    assertThat(epoch.stream().flatMap(batch -> batch.pairs().stream())).containsExactlyInAnyOrderElementsOf(pairs);
    assertThat(epoch.subList(0, epoch.size() - 1)).allMatch(batch -> batch.parts().size() == 4);
    assertThat(epoch).allSatisfy(batch -> assertThat(batch.parts())
        .allMatch(pack -> pack.stream().mapToInt(TokenizedPair::packedTokens).sum() <= 64));
    assertThat(batches.epoch(2)).isNotEqualTo(epoch);
    List<RewardStep> steps = steps("batch_size: 2, max_packed_length: 64, learning_rate: 1.0e-3", 3);
    assertThat(steps.stream().mapToInt(RewardStep::pairs).sum()).isEqualTo(70);
  }

  @Test
  void theBestMeasuredStateIsTheResult() {
    // So large a rate at the end of a long constant schedule destroys what was learned before.
    String keys = "batch_size: 32, epochs: 12, schedule: constant, learning_rate: 2.0e-2, eval_strategy: epoch, ";
    List<RewardEvaluation> seen = new ArrayList<>();
    RewardEvaluation best;
    RewardEvaluation after;
    try (ScalarModel model = TinyPairs.model(1)) {
      RewardTrainer trainer = new RewardTrainer(model, TinyPairs.config(keys + "load_best_model_at_end: true"), 3);
      best = trainer.train(TinyPairs.random(70, 5), TinyPairs.random(100, 6), new RewardTrainingListener() {
        @Override
        public void evaluated(int step, RewardEvaluation evaluation) {
          seen.add(evaluation);
        }
      });
      after = trainer.evaluate(PairSource.of(TinyPairs.random(100, 6)));
    }
    assertThat(seen).hasSize(13);
    assertThat(best).isEqualTo(after).isEqualTo(seen.getLast());
    assertThat(best.correct()).isEqualTo(seen.stream().mapToInt(RewardEvaluation::correct).max().orElseThrow());
  }

  @Test
  void interruptedAnywhereItEndsWithTheSameBytes(@TempDir Path directory) {
    String keys = "batch_size: 16, epochs: 2, learning_rate: 1.0e-3, save_steps: 2, eval_steps: 3,"
        + " load_best_model_at_end: true, metric_for_best_model: loss, neftune_noise_alpha: 5";
    List<TokenizedPair> train = TinyPairs.random(70, 5);
    float[][] undisturbed = weights(keys, train, StageCheckpoints.none(), Integer.MAX_VALUE);
    for (int stop : new int[] {1, 2, 5, 9}) {
      StageCheckpoints checkpoints = StageCheckpoints.in(directory.resolve("stop" + stop),
          TinyPairs.config(keys).saving(), PairFingerprint.of(List.of(PairSource.of(train))));
      assertThatThrownBy(() -> weights(keys, train, checkpoints, stop)).hasMessage("stopped");
      assertThat(weights(keys, train, checkpoints, Integer.MAX_VALUE)).isDeepEqualTo(undisturbed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw_8bit", "adafactor", "lion_32bit", "lion_8bit", "rmsprop, momentum: 0.9", "adagrad",
      "sgd, momentum: 0.9"})
  void everyOptimiserGoesOnToTheSameBytes(String optim, @TempDir Path directory) {
    String keys = "batch_size: 16, learning_rate: 1.0e-3, save_steps: 2, optim: " + optim;
    List<TokenizedPair> train = TinyPairs.random(70, 5);
    float[][] undisturbed = weights(keys, train, StageCheckpoints.none(), Integer.MAX_VALUE);
    StageCheckpoints checkpoints = StageCheckpoints.in(directory, TinyPairs.config(keys).saving(), optim);

    assertThatThrownBy(() -> weights(keys, train, checkpoints, 4)).hasMessage("stopped");

    assertThat(weights(keys, train, checkpoints, Integer.MAX_VALUE)).isDeepEqualTo(undisturbed);
  }

  @Test
  void adaptersWithDropoutGoOnToTheSameBytesAsWell(@TempDir Path directory) {
    String keys = "batch_size: 16, learning_rate: 1.0e-2, save_steps: 2";
    List<TokenizedPair> train = TinyPairs.random(70, 5);
    LoraConfig lora = new LoraConfig(2, 4, 0.3, List.of(LoraConfig.ALL_LINEAR), false);
    float[][] undisturbed = weights(keys, train, StageCheckpoints.none(), Integer.MAX_VALUE, lora);
    StageCheckpoints checkpoints = StageCheckpoints.in(directory, TinyPairs.config(keys).saving(), "lora");

    assertThatThrownBy(() -> weights(keys, train, checkpoints, 3, lora)).hasMessage("stopped");

    assertThat(weights(keys, train, checkpoints, Integer.MAX_VALUE, lora)).isDeepEqualTo(undisturbed);
  }

  private static float[][] weights(String keys, List<TokenizedPair> train, StageCheckpoints checkpoints, int stop) {
    return weights(keys, train, checkpoints, stop, null);
  }

  private static float[][] weights(String keys, List<TokenizedPair> train, StageCheckpoints checkpoints, int stop,
      @Nullable LoraConfig lora) {
    try (ScalarModel model = TinyPairs.model(1)) {
      if (lora != null) {
        model.addAdapters(lora, 5);
      }
      new RewardTrainer(model, TinyPairs.config(keys), 3).train(PairSource.of(train),
          PairSource.of(TinyPairs.random(10, 6)),
          new RewardTrainingListener() {
            @Override
            public void stepped(RewardStep step) {
              if (step.step() == stop) {
                throw new IllegalStateException("stopped");
              }
            }
          }, checkpoints);
      return model.trainedWeights().values().stream().map(Tensor::toFloats).toArray(float[][]::new);
    }
  }

  @Test
  void leavesNoTensorsBehind() {
    try (ScalarModel model = TinyPairs.model(1)) {
      RewardTrainer trainer = new RewardTrainer(model, TinyPairs.config("batch_size: 16"), 3);
      long before = Tensor.liveCount();
      trainer.train(TinyPairs.random(40, 5), TinyPairs.random(10, 6), RewardTrainingListener.NONE);
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  private static List<RewardStep> steps(String keys, long seed) {
    List<RewardStep> steps = new ArrayList<>();
    try (ScalarModel model = TinyPairs.model(1)) {
      new RewardTrainer(model, TinyPairs.config(keys), seed).train(TinyPairs.random(70, 5), TinyPairs.random(10, 6),
          new RewardTrainingListener() {
            @Override
            public void stepped(RewardStep step) {
              steps.add(step);
            }
          });
    }
    return steps;
  }

  private static float[][] gradients(RewardConfig config, List<List<TokenizedPair>> parts, int pairs) {
    try (ScalarModel model = TinyPairs.model(1); MemoryScope ignored = MemoryScope.open()) {
      model.trainable(true);
      RewardTrainer trainer = new RewardTrainer(model, config, 1);
      parts.forEach(part -> trainer.accumulate(part, pairs, new RewardTrainer.Sums()));
      return model.weights().values().stream().map(weight -> weight.gradient().toFloats()).toArray(float[][]::new);
    }
  }
}
