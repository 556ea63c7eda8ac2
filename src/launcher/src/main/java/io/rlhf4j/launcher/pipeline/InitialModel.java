package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.text.Tokenizer;

/** The language model that a run starts from: a checkpoint or random weights. */
public final class InitialModel {

  private InitialModel() {}

  /** Opens {@code model.path}, or builds the recipe's architecture with as many tokens as the tokenizer has. */
  public static CausalModel open(RecipeConfig recipe, Tokenizer tokenizer) {
    ModelConfig config = recipe.model();
    if (config.path() == null) {
      LlamaConfig shape = new LlamaConfig(tokenizer.vocabularySize(), config.hiddenSize(), config.intermediateSize(),
          config.numHiddenLayers(), config.numAttentionHeads(), config.numKeyValueHeads(),
          config.hiddenSize() / config.numAttentionHeads(), config.rmsNormEps(), config.ropeTheta(),
          config.maxPositionEmbeddings(), config.tieWordEmbeddings());
      CausalModel model = CausalModel.random(shape, config.initializerRange(), recipe.seed());
      model.source().put("eos_token_id", tokenizer.eosId()).put("pad_token_id", tokenizer.padId());
      return model;
    }
    CausalModel model = CausalModel.load(config.path());
    int rows = model.backbone().config().vocabSize();
    if (tokenizer.vocabularySize() > rows) {
      model.close();
      throw InputException.in(config.path(), "the embedding has " + rows + " rows, the tokenizer "
          + tokenizer.vocabularySize() + " tokens; the tokenizer belongs to another model");
    }
    return model;
  }
}
