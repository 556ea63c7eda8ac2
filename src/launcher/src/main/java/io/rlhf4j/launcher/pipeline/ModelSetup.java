package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.Precision;
import io.rlhf4j.config.Quantization;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.SaveFormat;

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
    model.backbone().saveFormat(SaveFormat.of(config, model.description().directory()));
    model.backbone().freezeEmbeddings(config.freezeEmbeddings());
    // Without this, backward would remember every matrix in fp32 and nothing would be gained.
    model.backbone().recomputeLayers(config.gradientCheckpointing() || nf4);
    return model;
  }

  /** Like {@link #forTraining}; it will be saved as a whole model in fp32, because the run goes on from it. */
  static <M extends LanguageModel> M forStage(M model, ModelConfig config, long seed) {
    M trained = forTraining(model, config, seed);
    trained.backbone().saveFormat(trained.backbone().saveFormat().whole().exact());
    return trained;
  }

  /** The same model as {@link #forTraining} starts from, to the bit: what a policy that learns is compared with. */
  public static <M extends LanguageModel> M frozen(M model, ModelConfig config) {
    model.mergeAdapters();
    if (config.quantization() == Quantization.NF4) {
      model.backbone().quantise();
    }
    model.backbone().computeLikeWithAdapters(config.lora() != null);
    model.backbone().computeInBf16(config.precision() == Precision.BF16);
    return model;
  }
}
