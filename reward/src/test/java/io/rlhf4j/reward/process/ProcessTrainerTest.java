package io.rlhf4j.reward.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.StageCheckpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessTrainerTest {

  private static final int RIGHT = 7;
  private static final int WRONG = 8;
  private static final int END = 3;
  private static final LlamaConfig TINY = new LlamaConfig(20, 16, 32, 2, 4, 2, 4, 1e-5, 10_000, 64, true);
  private static final String FAST = "learning_rate: 5.0e-3, batch_size: 16, epochs: 4, warmup_ratio: 0.1";

  @TempDir
  private Path directory;

  @Test
  void lossOfHardAndSoftLabelsIsTheirCrossEntropy() {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Tensor scores = Tensor.of(new float[] {0, 2, -1, 3}, 4).requireGradient(true);

      List<Tensor> result = ProcessTrainer.loss(scores, new float[] {1, 0, 0.25f, 0.5f}, 4);
      result.get(0).backward();

      // ln 2; ln(1 + e^2); (ln(1 + e) + 3 ln(1 + 1/e)) / 4; (ln(1 + e^-3) + ln(1 + e^3)) / 2
      double sum = 0.693147 + 2.126928 + (1.313262 + 3 * 0.313262) / 4 + (0.048587 + 3.048587) / 2;
      assertThat(result.get(0).item()).isCloseTo(sum / 4, within(2e-6));
      // (sigmoid(score) - label) / 4
      assertThat(Objects.requireNonNull(scores.gradient()).toFloats())
          .containsExactly(new float[] {-0.125f, 0.2201993f, 0.0047354f, 0.1131435f}, Offset.offset(1e-6f));
      // A score of 0 judges nothing, a label of 1/2 neither.
      assertThat(result.get(1).toFloats()).containsExactly(1, 3);
    }
  }

  @Test
  void lossStaysFiniteAtLargeScores() {
    try (MemoryScope ignored = MemoryScope.open()) {
      Tensor scores = Tensor.of(new float[] {200, -200, 200}, 3);
      assertThat(ProcessTrainer.loss(scores, new float[] {1, 0, 0}, 1).get(0).item()).isCloseTo(200, within(1e-4));
    }
  }

  @Test
  void learnsToTellRightFromWrongStepsOfAnswersThatItNeverSaw() {
    try (ScalarModel model = model()) {
      ProcessTrainer trainer = new ProcessTrainer(model, config(FAST), 3);
      List<StepExample> test = random(80, 99, 1, 0);

      StepEvaluation before = trainer.evaluate(test);
      StepEvaluation after = trainer.train(random(300, 5, 1, 0), test, ProcessListener.NONE, StageCheckpoints.none());

      assertThat(before.accuracy().value()).isBetween(0.25, 0.75);
      assertThat(after.accuracy().value()).isGreaterThan(0.95);
      assertThat(after.rightMean()).isGreaterThan(0.8);
      assertThat(after.wrongMean()).isLessThan(0.2);
      assertThat(after.loss()).isLessThan(before.loss() / 2);
      assertThat(after).isEqualTo(trainer.evaluate(test));
    }
  }

  @Test
  void partsOfTheTestAnswersAreMeasuredByThemselves() {
    List<StepExample> test = random(20, 99, 1, 0);
    List<StepExample> undecided = random(4, 7, 0.5f, 0.5f);
    List<StepExample> all = Stream.concat(test.stream(), undecided.stream()).toList();
    RowNumbers even = RowNumbers.of(IntStream.range(0, 10).map(i -> 2 * i).toArray());
    Map<String, RowNumbers> parts = new LinkedHashMap<>();
    parts.put("even", even);
    parts.put("all but them", RowNumbers.of(IntStream.range(0, 24).filter(i -> i >= 20 || i % 2 == 1).toArray()));
    parts.put("undecided", RowNumbers.of(20, 21, 22, 23));
    try (ScalarModel model = model()) {
      ProcessTrainer trainer = new ProcessTrainer(model, config(FAST + ", micro_batch_tokens: 30"), 3);
      List<Map<String, StepEvaluation>> seen = new ArrayList<>();
      StepEvaluation whole = trainer.train(random(40, 5, 1, 0), all, parts, new ProcessListener() {
        @Override
        public void evaluated(int step, StepEvaluation evaluation, Map<String, StepEvaluation> byPart) {
          seen.add(byPart);
        }
      }, StageCheckpoints.none());

      Map<String, StepEvaluation> last = seen.getLast();
      assertThat(last).containsOnlyKeys("even", "all but them");
      StepEvaluation first = last.get("even");
      StepEvaluation alone = trainer.evaluate(even.stream().map(all::get).toList());
      assertThat(first.answers()).isEqualTo(10);
      assertThat(first.correct()).isEqualTo(alone.correct());
      assertThat(first.loss()).isCloseTo(alone.loss(), within(1e-5));
      assertThat(first.rightMean()).isCloseTo(alone.rightMean(), within(1e-5));
      assertThat(first.correct() + last.get("all but them").correct()).isEqualTo(whole.correct());
      assertThat(first.steps() + last.get("all but them").steps()).isEqualTo(whole.steps());
    }
  }

  @Test
  void theLossOfAStepByHand() {
    assertThat(StepScores.loss(0, 1)).isCloseTo(Math.log(2), within(1e-12));
    assertThat(StepScores.loss(Math.log(3), 1)).isCloseTo(-Math.log(0.75), within(1e-12));
    assertThat(StepScores.loss(Math.log(3), 0.5)).isCloseTo(-(Math.log(0.75) + Math.log(0.25)) / 2, within(1e-12));
    assertThat(StepScores.loss(-800, 1)).isEqualTo(800);
  }

  @Test
  void softLabelsAreLearnedAsProbabilities() {
    try (ScalarModel model = model()) {
      StepEvaluation after = new ProcessTrainer(model, config(FAST), 3).train(random(300, 5, 0.7f, 0.2f),
          random(80, 99, 0.7f, 0.2f), ProcessListener.NONE, StageCheckpoints.none());

      assertThat(after.rightMean()).isCloseTo(0.7, within(0.05));
      assertThat(after.wrongMean()).isCloseTo(0.2, within(0.05));
    }
  }

  @Test
  void sameStepsWhateverTheMicroBatch() {
    List<ProcessStep> whole = steps("");
    List<ProcessStep> pieces = steps(", micro_batch_tokens: 30");

    assertThat(steps("")).isEqualTo(whole);
    assertThat(pieces).hasSameSizeAs(whole).hasSize(10);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(pieces.get(i).loss()).isCloseTo(whole.get(i).loss(), within(2e-4));
      assertThat(pieces.get(i).steps()).isEqualTo(whole.get(i).steps());
    }
  }

  @Test
  void goesOnFromACheckpointToTheSameWeights() {
    RewardConfig config = config(FAST + ", save_strategy: steps, save_steps: 3");
    List<StepExample> train = random(70, 5, 1, 0);
    List<StepExample> test = random(20, 6, 1, 0);
    Map<String, float[]> straight;
    try (ScalarModel model = model()) {
      new ProcessTrainer(model, config, 3).train(train, test, ProcessListener.NONE, StageCheckpoints.none());
      straight = weights(model);
    }
    try (ScalarModel model = model()) {
      new ProcessTrainer(model, config, 3).train(train, test, new ProcessListener() {
        @Override
        public void stepped(ProcessStep step) {
          if (step.at().step() == 8) {
            throw new IllegalStateException("power failure");
          }
        }
      }, StageCheckpoints.in(directory, config.saving(), "same"));
    } catch (IllegalStateException expected) {
      assertThat(expected).hasMessage("power failure");
    }
    List<Integer> seen = new ArrayList<>();
    try (ScalarModel model = model()) {
      new ProcessTrainer(model, config, 3).train(train, test, new ProcessListener() {
        @Override
        public void resumed(int step) {
          seen.add(step);
        }
      }, StageCheckpoints.in(directory, config.saving(), "same"));
      weights(model).forEach((name, values) -> assertThat(values).as(name).isEqualTo(straight.get(name)));
    }
    assertThat(seen).containsExactly(6);
  }

  @Test
  void evaluationCountsBySides() {
    StepEvaluation measured = StepEvaluation.of(2, new float[] {1, -1, 0, 2, -3}, new float[] {1, 0.9f, 1, 0.5f, 0},
        0.7);

    assertThat(measured.steps()).isEqualTo(4);
    assertThat(measured.correct()).isEqualTo(2);
    assertThat(measured.majority().successes()).isEqualTo(3);
    assertThat(measured.rightMean()).isCloseTo((0.731059 + 0.268941 + 0.5) / 3, within(1e-6));
    assertThat(measured.wrongMean()).isCloseTo(0.047426, within(1e-6));
  }

  private static List<ProcessStep> steps(String keys) {
    List<ProcessStep> steps = new ArrayList<>();
    try (ScalarModel model = model()) {
      new ProcessTrainer(model, config("batch_size: 16, epochs: 2, learning_rate: 1.0e-3" + keys), 3)
          .train(random(70, 5, 1, 0), random(10, 6, 1, 0), new ProcessListener() {
            @Override
            public void stepped(ProcessStep step) {
              steps.add(step);
            }
          }, StageCheckpoints.none());
    }
    return steps;
  }

  private static Map<String, float[]> weights(ScalarModel model) {
    Map<String, float[]> values = new TreeMap<>();
    model.weights().forEach((name, weight) -> values.put(name, weight.toFloats()));
    return values;
  }

  private static ScalarModel model() {
    return ScalarModel.withNewHead(CausalModel.random(TINY, 0.2, 1), 0.1, 1);
  }

  private static RewardConfig config(String keys) {
    return RecipeConfig.parse("reward: {type: process, " + keys + "}").reward();
  }

  /** Steps of one to three tokens, one of which says whether the step is right. */
  private static List<StepExample> random(int count, long seed, float right, float wrong) {
    Random random = new Random(seed);
    List<StepExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Integer> tokens = new ArrayList<>(List.of(1, 9 + random.nextInt(10)));
      int[] ends = new int[1 + random.nextInt(4)];
      float[] labels = new float[ends.length];
      for (int s = 0; s < ends.length; s++) {
        boolean good = random.nextBoolean();
        random.ints(random.nextInt(3), 9, 20).forEach(tokens::add);
        tokens.addAll(List.of(good ? RIGHT : WRONG, END));
        ends[s] = tokens.size() - 1;
        labels[s] = good ? right : wrong;
      }
      int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
      examples.add(new StepExample(new Steps(ids, 2, ends, false), labels));
    }
    return examples;
  }
}
