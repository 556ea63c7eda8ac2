package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RewardTrainerTest {

  private static final String FAST = "learning_rate: 5.0e-3, batch_size: 32, epochs: 6, warmup_ratio: 0.1";

  @Test
  void learnsAPreferenceThatItNeverSaw() {
    try (ScalarModel model = TinyPairs.model(1)) {
      RewardTrainer trainer = new RewardTrainer(model, TinyPairs.config(FAST), 3);
      List<TokenizedPair> test = TinyPairs.random(200, 99);
      RewardEvaluation before = trainer.evaluate(test);

      RewardEvaluation after = trainer.train(TinyPairs.random(600, 5), test, RewardTrainingListener.NONE);

      assertThat(before.accuracy().value()).isBetween(0.3, 0.7);
      assertThat(after.accuracy().value()).isGreaterThan(0.95);
      assertThat(after.margin()).isGreaterThan(1);
      assertThat(after).isEqualTo(trainer.evaluate(test));
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
    for (String loss : List.of("loss: ranking, penalty: log_barrier", "loss: focal, penalty: l2, use_margin: true")) {
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
