package io.rlhf4j.train;

import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the updates of actor and critic have in common: PPO epochs, optimiser, learning rates and, if wanted, a moving
 * average of the weights. Owns the optimiser, not the model. One thread at a time.
 */
public final class ExperienceLearner implements AutoCloseable {

  private final LanguageModel model;
  private final ExperienceEpochs epochs;
  private final LearningRateSchedule schedule;
  private final Optimizer optimizer;
  private final @Nullable WeightAverage average;
  private final int firstStep;

  /**
   * Makes the model trainable, without dropout: the first ratio of an iteration is 1 because old and new log-probs come
   * from the same function.
   *
   * @param firstStep iterations before which nothing is learned; the learning rates begin their course there
   * @param averageDecay of a moving average of the weights; null keeps none
   */
  public ExperienceLearner(LanguageModel model, PpoConfig ppo, OptimizerConfig optimizer, int firstStep,
      @Nullable Double averageDecay, long seed) {
    this.model = model;
    model.backbone().withoutDropout();
    this.epochs = new ExperienceEpochs(ppo.epochs(), ppo.miniBatchSize(), ppo.microBatchTokens(),
        ppo.responsesPerIteration(), seed);
    this.schedule = optimizer
        .learningRates(Math.max(1, (ppo.iterations() - firstStep) * epochs.updatesPerIteration()));
    this.optimizer = new Optimizer(model.trainedWeights(), optimizer);
    this.average = averageDecay == null ? null : new WeightAverage(model.trainedWeights(), averageDecay);
    this.firstStep = firstStep;
  }

  /** Whether anything is learned in this iteration. */
  public boolean learnsIn(long step) {
    return step >= firstStep;
  }

  /**
   * Runs the epochs of one iteration; before the first one that learns it only measures. From nothing, which happens
   * when every response is masked out, nothing is learned.
   */
  public ExperienceEpochs.Summary run(long step, List<Experience> batch, ExperienceEpochs.Loss loss) {
    return run(step, batch, loss, update -> {});
  }

  /**
   * The same with gradients of something else.
   *
   * @param extra called before each optimiser step with the number of the learner's steps before it; may run
   *     {@link Tensor#backward}
   */
  public ExperienceEpochs.Summary run(long step, List<Experience> batch, ExperienceEpochs.Loss loss,
      LongConsumer extra) {
    if (!learnsIn(step)) {
      return measure(batch, loss);
    }
    if (batch.isEmpty()) {
      return new ExperienceEpochs.Summary(0, 0, 0, 0);
    }
    long before = (step - firstStep) * epochs.updatesPerIteration();
    return epochs.run(step, batch, update -> {
      extra.accept(before + update);
      double learningRate = schedule.at(Math.toIntExact(before + update));
      Optimizer.Update result = optimizer.step(learningRate);
      if (result.applied() && average != null) {
        average.follow();
      }
      return new ExperienceEpochs.Step(result, learningRate);
    }, loss);
  }

  /** What the first update would report if the whole iteration were one mini-batch. */
  private ExperienceEpochs.Summary measure(List<Experience> batch, ExperienceEpochs.Loss loss) {
    ExperienceEpochs.MiniBatch all = ExperienceEpochs.MiniBatch.of(batch, 0);
    double sum = 0;
    for (List<Experience> part : epochs.microBatches(batch)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        sum += loss.of(part, all).item();
      }
    }
    return new ExperienceEpochs.Summary(sum, 0, 0, 0);
  }

  /** Writes the averaged model, if there is one; the directory is made. */
  public void saveAverage(Path directory) {
    if (average != null) {
      average.whileAveraged(() -> model.save(directory));
    }
  }

  /**
   * Writes what learning remembers besides the model that {@link LanguageModel#saveApart} writes: the optimiser's
   * moments, the average, the adapters, and matrices in 4 bits as they are.
   */
  public void saveState(Path file) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Map<String, Tensor> state = state();
      state.putAll(model.backbone().quantised());
      SafetensorsWriter.write(file, state, StoredType.F32, Map.of());
    }
  }

  /**
   * Continues from what {@link #saveState} wrote, to the same bits. The model must be the one that was saved with it.
   *
   * @throws io.rlhf4j.config.InputException if a tensor is missing or has another shape
   */
  public void restoreState(Path file) {
    try (ModelWeights checkpoint = ModelWeights.open(file)) {
      state().forEach(checkpoint::readInto);
      model.backbone().restoreQuantised(checkpoint);
    }
  }

  private Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(optimizer.state());
    if (average != null) {
      average.state().forEach((name, tensor) -> state.put("average." + name, tensor));
    }
    model.backbone().adapters()
        .ifPresent(adapters -> adapters.weights().forEach((name, tensor) -> state.put("adapter." + name, tensor)));
    return state;
  }

  @Override
  public void close() {
    optimizer.close();
    if (average != null) {
      average.close();
    }
  }
}
