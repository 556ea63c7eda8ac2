package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.TokenLogProbs;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.train.Optimizer;
import io.rlhf4j.train.StageCheckpoints;
import io.rlhf4j.train.StepListener;
import java.util.List;
import java.util.Map;

/**
 * Direct preference optimisation. The same seed, pairs and settings give the same weights; the size of the
 * micro-batches changes them by rounding only. The model stays the caller's. One thread at a time.
 */
public final class DpoTrainer {

  private final CausalModel model;
  private final DpoConfig config;
  private final long seed;

  public DpoTrainer(CausalModel model, DpoConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
  }

  /** Optimiser steps that so many pairs take. */
  public int totalSteps(int pairs) {
    return config.maxSteps() > 0 ? config.maxSteps()
        : Math.multiplyExact(config.epochs(), Math.ceilDiv(pairs, config.batchSize()));
  }

  /** As the other, without checkpoints. */
  public Map<String, Double> train(List<DpoPair> pairs, List<ReferenceLogProbs> reference, StepListener listener) {
    return train(pairs, reference, listener, StageCheckpoints.none());
  }

  /**
   * Trains for {@code config.epochs()} passes in a seeded order, from the newest checkpoint on. Interrupted or not, the
   * weights end up the same to the last bit.
   *
   * @param reference one for each pair, as of the beginning
   * @param checkpoints of this stage; the caller clears them when the result is safe
   * @return the metrics of the last pass, means over its steps: {@code loss}, {@code comparison_loss},
   *     {@code nll_loss}, {@code accuracy}, {@code margin}, {@code reward_chosen}, {@code reward_rejected}
   * @throws InputException if there is no pair
   */
  public Map<String, Double> train(List<DpoPair> pairs, List<ReferenceLogProbs> reference, StepListener listener,
      StageCheckpoints checkpoints) {
    DpoCourse course = new DpoCourse(model, config, pairs, reference, checkpoints);
    LearningRateSchedule rates = config.optimizer().learningRates(totalSteps(pairs.size()));
    int stepsPerEpoch = Math.ceilDiv(pairs.size(), config.batchSize());
    Map<String, Tensor> weights = model.trainedWeights();
    try (Optimizer optimizer = new Optimizer(weights, config.optimizer())) {
      StageCheckpoints.Position start = checkpoints.restore(weights, optimizer);
      course.continueFrom(start);
      if (start.step() > 0) {
        listener.onResume(start.step());
      }
      int step = start.step();
      while (step < rates.totalSteps()) {
        int epoch = step / stepsPerEpoch;
        if (step % stepsPerEpoch == 0) {
          course.beginEpoch(epoch);
        }
        List<List<DpoExample>> batches = course.batches(seed, epoch);
        for (int b = step % stepsPerEpoch; b < stepsPerEpoch && step < rates.totalSteps(); b++) {
          List<DpoExample> batch = batches.get(b);
          Map<String, Double> metrics = step(batch, optimizer, rates.at(step));
          course.means().add(metrics);
          listener.onStep(++step, rates.totalSteps(), batch.stream().mapToLong(DpoExample::tokens).sum(), metrics);
          checkpoints.stepped(step, step % stepsPerEpoch == 0, weights, optimizer, course::notes);
        }
      }
      checkpoints.average(step, weights);
    } finally {
      model.trainable(false);
    }
    return course.means().toMap();
  }

  /** How many tokens of a pass fit into memory, see {@link MicroBatchProbe}; no reference is needed for that. */
  public MicroBatchProbe probe(List<DpoPair> pairs) {
    return MicroBatchProbe.run(model, config.optimizer(), config.microBatchTokens(), tokens -> {
      List<DpoExample> some = Batches.firstOfTokens(pairs, DpoPair::tokens, tokens).stream()
          .map(pair -> new DpoExample(pair, new ReferenceLogProbs(0, 0))).toList();
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        loss(some, some.size(), chosenTokens(some), new DpoMeasure()).backward();
      }
      return some.stream().mapToInt(DpoExample::tokens).sum();
    });
  }

  /** The metrics of {@link #train} over all pairs at once, without learning. */
  public Map<String, Double> evaluate(List<DpoPair> pairs, List<ReferenceLogProbs> reference) {
    List<DpoExample> examples = DpoExample.of(pairs, reference);
    DpoMeasure measure = new DpoMeasure();
    long chosenTokens = chosenTokens(examples);
    Batches.eachOfTokens(examples, DpoExample::tokens, config.microBatchTokens(), part -> {
      try (MemoryScope ignored = MemoryScope.open()) {
        loss(part, examples.size(), chosenTokens, measure);
      }
    });
    return measure.toMap();
  }

  private Map<String, Double> step(List<DpoExample> batch, Optimizer optimizer, double learningRate) {
    DpoMeasure measure = accumulate(batch);
    Optimizer.Update update = optimizer.step(learningRate);
    Map<String, Double> metrics = measure.toMap();
    metrics.put("grad_norm", update.gradientNorm());
    metrics.put("learning_rate", learningRate);
    return metrics;
  }

  /** Adds the gradient of one mini-batch to what the weights have. */
  private DpoMeasure accumulate(List<DpoExample> batch) {
    DpoMeasure measure = new DpoMeasure();
    for (List<DpoExample> part : Batches.ofTokens(batch, DpoExample::tokens, config.microBatchTokens())) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        loss(part, batch.size(), chosenTokens(batch), measure).backward();
      }
    }
    return measure;
  }

  /** The micro-batch's share of the mini-batch's loss. */
  private Tensor loss(List<DpoExample> part, int pairs, long chosenTokens, DpoMeasure measure) {
    DpoBatch batch = DpoBatch.of(part, config.loss(), model.backbone().config());
    TokenLogProbs now = model.logProbs(model.hidden(batch.batch()), batch.actions(), 1);
    List<Tensor> result = Kernels.tensors("dpo_loss", now.logProbs(), batch.sequences(), batch.contrast(),
        batch.imitated(), batch.reference(), config.beta(), config.labelSmoothing(), config.loss() == DpoLossType.IPO,
        config.nllCoef(), (double) pairs, (double) chosenTokens);
    measure.add(result.get(0).item(), result.get(1).toFloats(), result.get(2).toFloats());
    return result.getFirst();
  }

  private static long chosenTokens(List<DpoExample> batch) {
    return batch.stream().mapToLong(DpoExample::chosenTokens).sum();
  }
}
