package io.rlhf4j.launcher;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.launcher.pipeline.TokenizerStage;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Model directories for tests of commands that read one. */
final class TinyModels {

  private TinyModels() {}

  /** A random policy with a tokenizer that knows the words of the task. */
  static Path policy(TinyRun tiny, Path directory) throws IOException {
    Files.createDirectories(directory);
    ByteLevelBpeTrainer.train(TokenizerStage.texts(SftReader.read(tiny.data(TaskFile.SFT))), BpeRecipe.chat(400),
        directory);
    try (Tokenizer tokenizer = Tokenizer.load(directory);
        CausalModel model = CausalModel.random(
            new LlamaConfig(tokenizer.vocabularySize(), 32, 64, 2, 2, 1, 16, 1e-5, 10_000, 256, true), 0.1, 3)) {
      model.source().put("eos_token_id", tokenizer.eosId()).put("pad_token_id", tokenizer.padId());
      model.save(directory);
    }
    return directory;
  }

  /** Takes the chat template away from a model. */
  static Path withoutChatTemplate(Path directory) throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(config.toFile());
    json.remove("chat_template");
    mapper.writeValue(config.toFile(), json);
    return directory;
  }
}
