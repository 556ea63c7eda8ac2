package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRequestCodec;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Demonstrations and training prompts of {@code rlhf ppo} with {@code data.streaming}, in files of the run directory.
 * Prompts that measure stay in memory.
 */
record StreamedInputs(StreamedDemonstrations sft, RowCache.Rows<PromptRequest> requests) implements AutoCloseable {

  /** @throws InputException if the recipe asks for what needs all rows in memory, or a file is missing */
  static void check(RecipeConfig recipe) {
    Streaming.check(recipe);
    if (recipe.rewards().isEmpty()) {
      Streaming.checkReward(recipe);
    }
    if (recipe.data().promptsTest() == null && recipe.ppo().evalPrompts() == 0) {
      throw InputException.key("ppo.eval_prompts", "is 0, which measures on all prompts, must be above 0 with "
          + "data.streaming and no data.prompts_test");
    }
    Streaming.exists(recipe.data().requireSft());
    Streaming.exists(recipe.data().requirePromptsTrain());
  }

  /** Reads the files, unless an interrupted run has done so. */
  static StreamedInputs open(RunContext context, ChatRenderer renderer) {
    try {
      StreamedDemonstrations sft = demonstrations(context, renderer);
      try {
        return new StreamedInputs(sft, prompts(context, renderer));
      } catch (RuntimeException e) {
        sft.close();
        throw e;
      }
    } catch (RuntimeException e) {
      Streaming.forget(context);
      throw e;
    }
  }

  private static StreamedDemonstrations demonstrations(RunContext context, ChatRenderer renderer) {
    RecipeConfig recipe = context.recipe();
    List<Path> files = List.of(recipe.data().requireSft());
    return StreamedDemonstrations.open(Streaming.directory(context, "demonstrations"),
        Streaming.identity(recipe, files), renderer, files, recipe.data().maxLength(), recipe.sft());
  }

  private static RowCache.Rows<PromptRequest> prompts(RunContext context, ChatRenderer renderer) {
    RecipeConfig recipe = context.recipe();
    Path file = recipe.data().requirePromptsTrain();
    int limit = recipe.data().maxPromptLength();
    return RowCache.rows(Streaming.directory(context, "prompts"), Streaming.identity(recipe, List.of(file)),
        new PromptRequestCodec(),
        (writer, notes) -> RowCache.<PromptRow>read(file, notes, sink -> PromptReader.each(file, sink), row -> {
          int[] tokens = renderer.promptIds(row.messages());
          if (tokens.length > limit) {
            return Optional.of(SkipReason.PROMPT_TOO_LONG);
          }
          writer.add(0, 0, new PromptRequest(row.id(), tokens));
          return Optional.empty();
        }));
  }

  List<MaskedTokens> demonstrations() {
    return sft.part(0);
  }

  List<PromptRequest> prompts() {
    return requests.all();
  }

  /** The first usable prompts of the training file, as many as measure. */
  List<PromptRow> firstPrompts(RunContext context, ChatRenderer renderer) {
    int most = context.recipe().ppo().evalPrompts();
    int limit = context.data().maxPromptLength();
    List<PromptRow> first = new ArrayList<>();
    PromptReader.each(context.data().requirePromptsTrain(), row -> {
      if (first.size() < most && renderer.promptIds(row.messages()).length <= limit) {
        first.add(row);
      }
      return Optional.empty();
    });
    return first;
  }

  /** What was skipped, a line for each file. */
  List<String> notes() {
    return Stream.concat(sft.notes().stream(), requests.notes().stream()).toList();
  }

  @Override
  public void close() {
    try (sft) {
      requests.close();
    }
  }
}
