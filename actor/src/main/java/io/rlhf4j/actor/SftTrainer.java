package io.rlhf4j.actor;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.AdamW;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.StepListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Supervised fine-tuning: next-token cross-entropy, averaged over all trained tokens of an optimiser step, so that the
 * gradient does not depend on how a batch is cut into micro-batches.
 */
public final class SftTrainer {

  private final CausalModel model;
  private final SftConfig config;
  private final long seed;

  public SftTrainer(CausalModel model, SftConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
  }

  /**
   * Trains for {@code config.epochs()} passes in a seeded order.
   *
   * @return mean loss over the last pass, nats a token; NaN if no step was taken
   */
  public double train(List<MaskedTokens> examples, StepListener listener) {
    List<MaskedTokens> usable = examples.stream().filter(example -> example.trainedTokens() > 0).toList();
    if (usable.isEmpty()) {
      throw InputException.key("data.sft", "has no example with a token to train on");
    }
    int stepsPerEpoch = Math.ceilDiv(usable.size(), config.batchSize());
    int totalSteps = stepsPerEpoch * config.epochs();
    LearningRateSchedule learningRates = config.optimizer().learningRates(Math.max(1, totalSteps));
    double epochLoss = Double.NaN;
    try (AdamW optimizer = new AdamW(model.trainedWeights(), config.optimizer())) {
      int step = 0;
      for (int epoch = 0; epoch < config.epochs(); epoch++) {
        double lossSum = 0;
        for (List<MaskedTokens> batch : Batches.ofCount(Batches.shuffled(usable, seed, epoch), config.batchSize())) {
          double learningRate = learningRates.at(step);
          double loss = accumulate(batch);
          AdamW.Update update = optimizer.step(learningRate);
          lossSum += loss;
          listener.onStep(++step, totalSteps, tokens(batch), metrics(loss, update, learningRate));
        }
        epochLoss = lossSum / stepsPerEpoch;
      }
    } finally {
      model.trainable(false);
    }
    return epochLoss;
  }

  /** Mean cross-entropy over the trained tokens of the examples, nats; nothing is learned. */
  public double evaluate(List<MaskedTokens> examples) {
    long trained = trainedTokens(examples);
    double sum = 0;
    for (List<MaskedTokens> part : microBatches(examples)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        sum += loss(part, 1.0 / trained).item();
      }
    }
    return sum;
  }

  private double accumulate(List<MaskedTokens> batch) {
    double scale = 1.0 / trainedTokens(batch);
    double sum = 0;
    for (List<MaskedTokens> part : microBatches(batch)) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        Tensor loss = loss(part, scale);
        sum += loss.item();
        loss.backward();
      }
    }
    return sum;
  }

  private Tensor loss(List<MaskedTokens> sequences, double scale) {
    PackedBatch batch = PackedBatch.of(sequences.stream().map(MaskedTokens::tokens).toList());
    int count = (int) trainedTokens(sequences);
    long[] rows = new long[count];
    long[] targets = new long[count];
    int at = 0;
    for (int s = 0; s < sequences.size(); s++) {
      MaskedTokens sequence = sequences.get(s);
      for (int t = 1; t < sequence.length(); t++) {
        if (sequence.trained()[t]) {
          rows[at] = batch.row(s, t - 1);
          targets[at++] = sequence.tokens()[t];
        }
      }
    }
    return model.nextTokenLoss(model.hidden(batch), Tensor.of(rows, count), Tensor.of(targets, count), scale);
  }

  private List<List<MaskedTokens>> microBatches(List<MaskedTokens> batch) {
    return Batches.ofTokens(batch, MaskedTokens::length, config.microBatchTokens());
  }

  private static Map<String, Double> metrics(double loss, AdamW.Update update, double learningRate) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss", loss);
    metrics.put("grad_norm", update.gradientNorm());
    metrics.put("learning_rate", learningRate);
    return metrics;
  }

  private static long tokens(List<MaskedTokens> sequences) {
    return sequences.stream().mapToLong(MaskedTokens::length).sum();
  }

  private static long trainedTokens(List<MaskedTokens> sequences) {
    return sequences.stream().mapToLong(MaskedTokens::trainedTokens).sum();
  }
}
