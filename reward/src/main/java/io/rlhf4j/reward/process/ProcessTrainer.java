package io.rlhf4j.reward.process;

import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowWords;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.TrainingLoop;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.train.Optimizer;
import io.rlhf4j.train.StageCheckpoints;
import java.util.List;
import java.util.Map;

/**
 * Trains a score head to tell right from wrong steps: cross-entropy of {@code sigmoid(score)} at the end of each step
 * against its label, mean over the steps of a batch. The same seed, data and settings give the same weights. One thread
 * at a time.
 */
public final class ProcessTrainer {

  private final ScalarModel model;
  private final RewardConfig config;
  private final long seed;

  /** The model stays the caller's. */
  public ProcessTrainer(ScalarModel model, RewardConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
  }

  /** Optimiser steps that these answers take. */
  public int totalSteps(List<StepExample> train) {
    return config.maxSteps() > 0 ? config.maxSteps() : Math.multiplyExact(config.epochs(), stepsPerEpoch(train));
  }

  private int stepsPerEpoch(List<StepExample> train) {
    return Math.ceilDiv(train.size(), config.rowsPerStep());
  }

  /**
   * Trains from the newest checkpoint on, or from the beginning, and measures the result.
   *
   * @param train at least one answer
   * @param test answers that only measure, with at least one label that takes a side
   */
  public StepEvaluation train(List<StepExample> train, List<StepExample> test, ProcessListener listener,
      StageCheckpoints checkpoints) {
    return train(train, test, Map.of(), listener, checkpoints);
  }

  /**
   * Like the other.
   *
   * @param testByPart positions of test answers that are also measured by themselves, by the name of such a part
   */
  public StepEvaluation train(List<StepExample> train, List<StepExample> test, Map<String, RowNumbers> testByPart,
      ProcessListener listener, StageCheckpoints checkpoints) {
    return new TrainingLoop(model, config, seed).run(new Lesson(train, test, testByPart, listener), checkpoints);
  }

  /** How many tokens of a pass fit into memory, see {@link MicroBatchProbe}. */
  public MicroBatchProbe probe(List<StepExample> examples) {
    return MicroBatchProbe.run(model, config.optimizer(), config.microBatchTokens(), tokens -> {
      List<StepExample> some = Batches.firstOfTokens(examples, StepExample::tokens, tokens);
      try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
        loss(scores(some), some, StepExample.count(some)).get(0).backward();
      }
      return some.stream().mapToInt(StepExample::tokens).sum();
    });
  }

  /** Measures the current weights. */
  public StepEvaluation evaluate(List<StepExample> examples) {
    return scored(examples).whole();
  }

  private StepScores scored(List<StepExample> examples) {
    RowWords steps = RowSpace.of(examples).words(StepExample.count(examples));
    RowNumbers starts = RowSpace.of(examples).numbers(examples.size() + 1);
    double[] loss = {0};
    int[] done = {0, 0};
    Batches.eachOfTokens(examples, StepExample::tokens, config.microBatchTokens(), part -> {
      float[] scores;
      try (MemoryScope ignored = MemoryScope.open()) {
        Tensor measured = scores(part);
        loss[0] += loss(measured, part, steps.size()).get(0).item();
        scores = measured.toFloats();
      }
      int at = 0;
      for (StepExample example : part) {
        for (float label : example.labels()) {
          steps.put(done[0]++, StepScores.word(scores[at++], label));
        }
        starts.put(++done[1], done[0]);
      }
    });
    return new StepScores(steps, starts, loss[0]);
  }

  private List<List<StepExample>> parts(List<StepExample> examples) {
    return Batches.ofTokens(examples, StepExample::tokens, config.microBatchTokens());
  }

  /** Scores at the ends of all steps, {@code [S]}. */
  private Tensor scores(List<StepExample> part) {
    List<Steps> answers = part.stream().map(StepExample::steps).toList();
    PackedBatch batch = PackedBatch.of(answers.stream().map(Steps::tokens).toList());
    long[] rows = Steps.rows(batch, answers);
    return model.scores(model.hidden(batch), Tensor.of(rows, rows.length));
  }

  /** Loss that carries the gradient, and counts {@code [2]}: steps judged as labelled, of how many. */
  private static List<Tensor> loss(Tensor scores, List<StepExample> part, int stepsOfBatch) {
    float[] labels = StepExample.labels(part);
    return loss(scores, labels, stepsOfBatch);
  }

  static List<Tensor> loss(Tensor scores, float[] labels, int stepsOfBatch) {
    return Kernels.tensors("step_loss", scores, Tensor.of(labels, labels.length), (double) stepsOfBatch);
  }

  private ProcessStep step(Optimizer optimizer, List<StepExample> batch, TrainingLoop.At at) {
    int steps = StepExample.count(batch);
    double loss = 0;
    double correct = 0;
    double sided = 0;
    for (List<StepExample> part : parts(batch)) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
        List<Tensor> result = loss(scores(part), part, steps);
        result.get(0).backward();
        loss += result.get(0).item();
        float[] counts = result.get(1).toFloats();
        correct += counts[0];
        sided += counts[1];
      }
    }
    Optimizer.Update update = optimizer.step(at.learningRate());
    return new ProcessStep(at, batch.size(), steps, batch.stream().mapToLong(StepExample::tokens).sum(), loss,
        correct / sided, update.gradientNorm(), update.applied());
  }

  /** Answers to learn from and answers that measure. */
  private final class Lesson implements TrainingLoop.Lesson<List<StepExample>, StepEvaluation> {

    private final List<StepExample> train;
    private final List<StepExample> test;
    private final Map<String, RowNumbers> testByPart;
    private final ProcessListener listener;

    Lesson(List<StepExample> train, List<StepExample> test, Map<String, RowNumbers> testByPart,
        ProcessListener listener) {
      this.train = train;
      this.test = test;
      this.testByPart = testByPart;
      this.listener = listener;
    }

    @Override
    public int stepsPerEpoch() {
      return ProcessTrainer.this.stepsPerEpoch(train);
    }

    @Override
    public int totalSteps() {
      return ProcessTrainer.this.totalSteps(train);
    }

    @Override
    public List<List<StepExample>> epoch(int epoch) {
      return config.packing().shuffle() ? Batches.pass(train, seed, epoch, config.rowsPerStep())
          : Batches.inOrder(train, config.rowsPerStep());
    }

    @Override
    public void resumed(int step) {
      listener.resumed(step);
    }

    @Override
    public long step(Optimizer optimizer, List<StepExample> batch, TrainingLoop.At at) {
      ProcessStep step = ProcessTrainer.this.step(optimizer, batch, at);
      listener.stepped(step);
      return step.tokens();
    }

    @Override
    public TrainingLoop.Measured<StepEvaluation> measure(int step) {
      StepScores scores = scored(test);
      StepEvaluation evaluation = scores.whole();
      listener.evaluated(step, evaluation, scores.parts(testByPart));
      return new TrainingLoop.Measured<>(evaluation, switch (config.evaluation().metricForBestModel()) {
        case ACCURACY -> evaluation.accuracy().value();
        case LOSS -> -evaluation.loss();
        case MARGIN -> throw new IllegalStateException("the configuration refuses margin");
      });
    }
  }
}
