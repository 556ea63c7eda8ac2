package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.model.LanguageModel;

/** How a model that learns computes, by the keys of {@code model}. */
public final class ModelSetup {

  private ModelSetup() {}

  /** The same model, set up for training. */
  public static <M extends LanguageModel> M forTraining(M model, ModelConfig config) {
    model.backbone().recomputeLayers(config.gradientCheckpointing());
    return model;
  }
}
