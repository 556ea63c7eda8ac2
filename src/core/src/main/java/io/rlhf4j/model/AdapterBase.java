package io.rlhf4j.model;

import java.nio.file.Path;
import java.util.List;

/** The model that saved adapters belong to, where the one that was trained was a copy of it. */
public final class AdapterBase {

  private AdapterBase() {}

  /** The directories that a model is read from: one, or those of adapters and of the model that they stand beside. */
  public static List<Path> chain(Path model) {
    return AdapterFiles.chain(model);
  }

  /** The whole model that a directory of adapters leads to; the directory itself if it holds none or a model. */
  public static Path of(Path model) {
    return AdapterFiles.whole(model);
  }

  /** Says in a saved model's {@code adapter_config.json}, if it has one, where the adapters' model is. */
  public static void name(Path savedModel, Path base) {
    AdapterFiles.nameBase(savedModel, base);
    AdapterFiles.nameBase(savedModel.resolve(LanguageModel.ADAPTERS), base);
  }
}
