package io.rlhf4j.actor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.train.Optimizer;
import io.rlhf4j.train.StageCheckpoints;
import io.rlhf4j.train.StepListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Supervised fine-tuning: next-token cross-entropy, averaged over all trained tokens of an optimiser step, so that the
 * gradient does not depend on how a batch is cut into micro-batches.
 */
public final class SftTrainer {

  /** Notes of a checkpoint: the losses of its pass so far, and where the masks of the adapters' dropout stand. */
  private static final String LOSS_SUM = "loss_sum";
  private static final String DROPOUT = "dropout_position";

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

  /** As the other, without checkpoints. */
  public double train(List<MaskedTokens> examples, StepListener listener) {
    return train(examples, listener, StageCheckpoints.none());
  }

  /**
   * Trains for {@code config.epochs()} passes in a seeded order, from the newest checkpoint on or from the beginning.
   * Interrupted or not, the weights end up the same to the last bit.
   *
   * @param examples read when their batch comes, see {@link io.rlhf4j.data.RowStore#select}
   * @param checkpoints of this stage; the caller clears them when the result is safe
   * @return mean loss over the last pass, nats a token; NaN if no step was taken
   */
  public double train(List<MaskedTokens> examples, StepListener listener, StageCheckpoints checkpoints) {
    List<MaskedTokens> usable = Batches.where(examples, example -> example.trainedTokens() > 0);
    if (usable.isEmpty()) {
      throw InputException.key("data.sft", "has no example with a token to train on");
    }
    int stepsPerEpoch = Math.ceilDiv(usable.size(), config.batchSize());
    int totalSteps = config.totalSteps(usable.size());
    LearningRateSchedule learningRates = config.optimizer().learningRates(Math.max(1, totalSteps));
    model.backbone().addNoise(config.neftuneNoiseAlpha(), seed);
    try (Optimizer optimizer = new Optimizer(model.trainedWeights(), config.optimizer())) {
      StageCheckpoints.Position start = resume(checkpoints, optimizer, listener);
      double lossSum = start.notes().path(LOSS_SUM).asDouble(0);
      int step = start.step();
      while (step < totalSteps) {
        int epoch = step / stepsPerEpoch;
        List<List<MaskedTokens>> batches = Batches.pass(usable, seed, epoch, config.batchSize());
        for (int b = step % stepsPerEpoch; b < stepsPerEpoch && step < totalSteps; b++) {
          double learningRate = learningRates.at(step);
          List<MaskedTokens> batch = batches.get(b);
          double loss = this.loss.backward(batch, 1);
          Optimizer.Update update = optimizer.step(learningRate);
          double sum = b == 0 ? loss : lossSum + loss;
          lossSum = sum;
          listener.onStep(++step, totalSteps, tokens(batch), metrics(loss, update, learningRate));
          checkpoints.stepped(step, b == stepsPerEpoch - 1, model.trainedWeights(), optimizer, () -> notes(sum));
        }
      }
      checkpoints.average(step, model.trainedWeights());
      return totalSteps == 0 ? Double.NaN : lossSum / ((totalSteps - 1) % stepsPerEpoch + 1);
    } finally {
      model.backbone().addNoise(0, seed);
      model.trainable(false);
    }
  }

  private StageCheckpoints.Position resume(StageCheckpoints checkpoints, Optimizer optimizer, StepListener listener) {
    StageCheckpoints.Position start = checkpoints.restore(model.trainedWeights(), optimizer);
    if (start.step() > 0) {
      model.backbone().continueDropout(start.notes().path(DROPOUT).asInt());
      listener.onResume(start.step());
    }
    return start;
  }

  private ObjectNode notes(double lossSum) {
    return JsonNodeFactory.instance.objectNode().put(LOSS_SUM, lossSum)
        .put(DROPOUT, model.backbone().dropoutPosition());
  }

  /** How many tokens of a pass fit into memory, see {@link MicroBatchProbe}. */
  public MicroBatchProbe probe(List<MaskedTokens> examples) {
    NextTokenLoss whole = new NextTokenLoss(model, Integer.MAX_VALUE);
    return MicroBatchProbe.run(model, config.optimizer(), config.microBatchTokens(), tokens -> {
      List<MaskedTokens> some = Batches.firstOfTokens(examples, MaskedTokens::length, tokens);
      whole.backward(some, 1);
      return Math.toIntExact(tokens(some));
    });
  }

  /** Mean cross-entropy over the trained tokens of the examples, nats; nothing is learned. */
  public double evaluate(List<MaskedTokens> examples) {
    return loss.measure(examples);
  }

  private static Map<String, Double> metrics(double loss, Optimizer.Update update, double learningRate) {
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
