package io.rlhf4j.actor;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
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
  private final NextTokenLoss loss;

  public SftTrainer(CausalModel model, SftConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
    this.loss = new NextTokenLoss(model, config.microBatchTokens());
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
          double loss = this.loss.backward(batch, 1);
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
    return loss.measure(examples);
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
}
