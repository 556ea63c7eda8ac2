package io.rlhf4j.model;

import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Model directories with random weights, all with the same tokenizer and chat template. */
public final class TinyDirectories {

  private TinyDirectories() {}

  /** A language model. */
  public static Path causal(Path directory, long seed) {
    try (Tokenizer tokenizer = tokenizer(directory); CausalModel model = random(tokenizer, seed)) {
      model.save(directory);
    }
    return directory;
  }

  /** A reward model; scores of different answers differ. */
  public static Path scalar(Path directory, long seed) {
    try (Tokenizer tokenizer = tokenizer(directory);
        ScalarModel model = ScalarModel.withNewHead(random(tokenizer, seed), 0.3, seed)) {
      model.save(directory);
    }
    return directory;
  }

  /** Names token 0 as the end of sequence; the chat template still ends turns with token 2, as Gemma's and Phi-3's. */
  public static Path withAnotherEos(Path directory) {
    Path config = directory.resolve("tokenizer_config.json");
    try {
      Files.writeString(config, Files.readString(config)
          .replaceFirst("\"eos_token\"(\\s*):(\\s*)\"<\\|im_end\\|>\"", "\"eos_token\": \"<|pad|>\""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  private static Tokenizer tokenizer(Path directory) {
    ByteLevelBpeTrainer.train(Stream.of("which answer is the better one, good or bad?"), BpeRecipe.chat(280),
        directory);
    return Tokenizer.load(directory);
  }

  private static CausalModel random(Tokenizer tokenizer, long seed) {
    return CausalModel.random(
        new LlamaConfig(tokenizer.vocabularySize(), 16, 32, 2, 2, 1, 8, 1e-5, 1e4, 256, false), 0.3, seed);
  }
}
