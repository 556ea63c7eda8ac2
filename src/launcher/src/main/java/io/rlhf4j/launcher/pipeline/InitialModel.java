package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;

/** The language model that a run starts from: a checkpoint or random weights. */
public final class InitialModel {

  private InitialModel() {}

  /**
   * Opens {@code model.path}, or builds the recipe's architecture with as many tokens as the tokenizer has.
   *
   * @throws InputException as {@link #vocabSize} does, or if the weights do not fit the configuration
   */
  public static CausalModel open(RecipeConfig recipe, Tokenizer tokenizer) {
    ModelConfig config = recipe.model();
    int vocabSize = vocabSize(recipe, tokenizer);
    if (config.path() != null) {
      return ModelSetup.forTraining(CausalModel.load(config.path()), config, recipe.seed());
    }
    LlamaConfig shape = new LlamaConfig(vocabSize, config.hiddenSize(), config.intermediateSize(),
        config.numHiddenLayers(), config.numAttentionHeads(), config.numKeyValueHeads(),
        config.hiddenSize() / config.numAttentionHeads(), config.rmsNormEps(), config.ropeTheta(),
        config.maxPositionEmbeddings(), config.tieWordEmbeddings());
    CausalModel model = CausalModel.random(shape, config.initializerRange(), recipe.seed());
    model.source().put("eos_token_id", tokenizer.eosId()).put("pad_token_id", tokenizer.padId());
    ModelConfig unread = config.saveDtype() == SaveDtype.AUTO ? config.withSaveDtype(SaveDtype.FLOAT32) : config;
    CausalModel trained = ModelSetup.forTraining(model, unread, recipe.seed());
    // There is no directory that adapters by themselves could name as theirs.
    trained.backbone().saveFormat(trained.backbone().saveFormat().whole());
    return trained;
  }

  /**
   * Rows of the model's embedding, without reading weights.
   *
   * @throws InputException if the checkpoint is not supported, or too small for the tokenizer or the recipe's limits
   */
  public static int vocabSize(RecipeConfig recipe, Tokenizer tokenizer) {
    Path path = recipe.model().path();
    if (path == null) {
      return tokenizer.vocabularySize();
    }
    DecoderShape shape = ModelDescription.read(path).shape();
    ModelTokenizer.check(path, shape, tokenizer);
    checkLength("data.max_length", recipe.data().maxLength(), shape.maxPositions(),
        "max_position_embeddings of " + path);
    return shape.vocabSize();
  }

  /** @throws InputException if the longest prompt with the longest answer does not fit the checkpoint's positions */
  static void checkAnswerLength(RecipeConfig recipe) {
    Path path = recipe.model().path();
    if (path != null) {
      int positions = ModelDescription.read(path).shape().maxPositions();
      checkLength("ppo.max_new_tokens", recipe.ppo().maxNewTokens(), positions - recipe.data().maxPromptLength(),
          "max_position_embeddings of " + path + " - data.max_prompt_length");
    }
  }

  private static void checkLength(String key, int tokens, int most, String why) {
    if (tokens > most) {
      throw InputException.key(key,
          "is " + tokens + ", must be at most " + most + ", " + why);
    }
  }
}
