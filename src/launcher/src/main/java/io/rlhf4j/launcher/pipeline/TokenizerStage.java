package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Finds the run's tokenizer, or trains one. */
public final class TokenizerStage {

  private TokenizerStage() {}

  /**
   * The tokenizer of {@code tokenizer.path}, else of {@code model.path}, else a byte-level BPE trained on
   * {@code texts}.
   *
   * @param texts what a new tokenizer is trained on; asked only if one is trained
   */
  public static Tokenizer open(RunContext context, Supplier<Stream<String>> texts) {
    RecipeConfig recipe = context.recipe();
    Path directory = recipe.tokenizer().path() != null ? recipe.tokenizer().path() : recipe.model().path();
    if (directory == null) {
      directory = context.run().root().resolve("tokenizer");
      ByteLevelBpeTrainer.train(texts.get(), BpeRecipe.chat(recipe.tokenizer().vocabSize()), directory);
    }
    return RecipeTokenizer.load(recipe, directory);
  }

  /** Demonstrations as a new tokenizer should see them: each turn with its role, as chat templates write it. */
  public static Stream<String> texts(DataSet<SftExample> demonstrations) {
    return demonstrations.rows().stream().flatMap(example -> Stream.concat(example.prompt().stream(),
        Stream.of(ChatMessage.assistant(example.response())))).map(turn -> turn.role() + "\n" + turn.content());
  }
}
