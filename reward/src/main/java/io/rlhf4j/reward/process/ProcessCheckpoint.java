package io.rlhf4j.reward.process;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;

/** Writes a trained process reward model as a Hugging Face directory (one label) with its tokenizer. */
public final class ProcessCheckpoint {

  private ProcessCheckpoint() {}

  /** Writes into an existing directory. */
  public static void save(ScalarModel model, Tokenizer tokenizer, Path directory) {
    ObjectNode config = model.source();
    config.put("eos_token_id", tokenizer.eosId());
    config.put("pad_token_id", tokenizer.padId());
    model.save(directory);
    tokenizer.copyTo(directory);
  }
}
