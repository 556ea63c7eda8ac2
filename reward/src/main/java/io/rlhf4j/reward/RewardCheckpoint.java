package io.rlhf4j.reward;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;

/**
 * Writes a trained reward model as a Hugging Face directory ({@code LlamaForSequenceClassification}, one label) with
 * its tokenizer. {@code config.json} also has {@code mean} and {@code std} of the scores on the test pairs, as OpenRLHF
 * writes them, and {@code reward_token_id} where the model is read at such a token.
 */
public final class RewardCheckpoint {

  static final String MEAN = "mean";
  static final String STD = "std";
  static final String REWARD_TOKEN = "reward_token_id";

  /** SHA-256 of the pairs or steps that a model has learned from and was measured on. */
  public static final String DATASET = "dataset_fingerprint";

  private RewardCheckpoint() {}

  /**
   * Notes what a model of any type is saved with: its data, and the name of its score head.
   *
   * @param fingerprint of the data, by {@link PairFingerprint} or its like for steps
   */
  public static void describe(ScalarModel model, RewardConfig config, String fingerprint) {
    model.source().put(DATASET, fingerprint);
    if (!config.valueHeadPrefix().equals("score")) {
      model.source().put(ModelDescription.SCORE_NAME, config.valueHeadPrefix());
    }
  }

  /** Writes into an existing directory. */
  public static void save(ScalarModel model, Tokenizer tokenizer, ScoredToken scored, RewardEvaluation measured,
      Path directory) {
    ObjectNode config = model.source();
    config.put(MEAN, measured.scoreMean());
    config.put(STD, measured.scoreStd());
    switch (scored) {
      case ScoredToken.RewardToken(int id) -> config.put(REWARD_TOKEN, id);
      case ScoredToken.EndOfSequence end -> config.remove(REWARD_TOKEN);
    }
    config.put("eos_token_id", tokenizer.eosId());
    // transformers reads the last token that is not padding, which is the wrong one where the scored token pads.
    if (tokenizer.padId() == scored.id()) {
      config.remove("pad_token_id");
    } else {
      config.put("pad_token_id", tokenizer.padId());
    }
    model.save(directory);
    tokenizer.copyTo(directory);
  }
}
