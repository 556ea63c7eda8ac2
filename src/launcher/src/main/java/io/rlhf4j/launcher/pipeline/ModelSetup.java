package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.model.LanguageModel;

/** How a model that learns computes, by the keys of {@code model}. */
public final class ModelSetup {

  private ModelSetup() {}

  /**
   * The same model, set up for training; closed if that fails.
   *
   * @param seed of the adapters' initial weights and their dropout
   */
  public static <M extends LanguageModel> M forTraining(M model, ModelConfig config, long seed) {
    if (config.lora() != null) {
      try {
        model.addAdapters(config.lora(), seed);
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    }
    model.backbone().recomputeLayers(config.gradientCheckpointing());
    return model;
  }
}
