package io.rlhf4j.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the tokenizer comes from.
 *
 * @param path directory in Hugging Face layout with a tokenizer.json; null uses the one in model.path, or without that
 *     trains a new one on the SFT data
 * @param vocabSize tokens of a newly trained byte-level BPE tokenizer, the 256 bytes and special tokens included
 */
public record TokenizerConfig(@Default("null") @Nullable Path path, @Default("512") int vocabSize) {

  public TokenizerConfig {
    Check.atLeast("vocab_size", vocabSize, 260);
  }
}
