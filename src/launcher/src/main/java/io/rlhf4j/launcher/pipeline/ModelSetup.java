package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.Precision;
import io.rlhf4j.config.Quantization;
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
    frozen(model, config);
    if (config.lora() != null) {
      try {
        model.addAdapters(config.lora(), seed);
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    }
    boolean nf4 = config.quantization() == Quantization.NF4;
    model.backbone().freezeEmbeddings(config.freezeEmbeddings());
    // Without this, backward would remember every matrix in fp32 and nothing would be gained.
    model.backbone().recomputeLayers(config.gradientCheckpointing() || nf4);
    return model;
  }

  /** The same model as {@link #forTraining} starts from: what a policy that learns is compared with. */
  public static <M extends LanguageModel> M frozen(M model, ModelConfig config) {
    if (config.quantization() == Quantization.NF4) {
      model.mergeAdapters();
      model.backbone().quantise();
    }
    model.backbone().computeInBf16(config.precision() == Precision.BF16);
    return model;
  }
}
