package io.rlhf4j.config;

import java.util.List;

/**
 * Low-rank adapters (Hu et al. 2021): the model's own weights stay as they are, and only two small matrices beside each
 * chosen projection learn. The names are those of PEFT.
 *
 * @param r rank of the adapters
 * @param loraAlpha the adapters' product is scaled by lora_alpha / r
 * @param loraDropout share of the adapters' inputs that training sets to zero
 * @param targetModules ends of the names of the projections that get an adapter, as the model's files call them, such
 *     as q_proj; all-linear takes every projection but the head
 * @param useRslora whether the scale is lora_alpha / sqrt(r) instead (Kalajdzievski 2023)
 * @param save what a trained model's directory holds: both, the whole model with the adapters added and adapter/
 *     within; merged, the whole model; adapter, the adapters in place of the model. What a later stage of the same run
 *     reads and what started from scratch is whole in any case
 */
public record LoraConfig(@Default("16") int r, @Default("32") double loraAlpha, @Default("0.0") double loraDropout,
    @Default("[all-linear]") List<String> targetModules, @Default("false") boolean useRslora,
    @Default("both") LoraOutput save) {

  /** Stands for every projection but the head. */
  public static final String ALL_LINEAR = "all-linear";

  public LoraConfig {
    Check.atLeast("r", r, 1);
    Check.positive("lora_alpha", loraAlpha);
    Check.below("lora_dropout", loraDropout, 0, 1);
    targetModules = List.copyOf(targetModules);
    Check.that(!targetModules.isEmpty(), "target_modules", targetModules, "a list with at least one name");
  }

  /** With the model and the adapters saved. */
  public LoraConfig(int r, double loraAlpha, double loraDropout, List<String> targetModules, boolean useRslora) {
    this(r, loraAlpha, loraDropout, targetModules, useRslora, LoraOutput.BOTH);
  }

  /** Factor of the adapters' product. */
  public double factor() {
    return loraAlpha / (useRslora ? Math.sqrt(r) : r);
  }
}
