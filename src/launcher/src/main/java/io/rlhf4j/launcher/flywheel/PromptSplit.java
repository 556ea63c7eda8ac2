package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * The prompts of the training file: those that rounds answer, and those that only decide about rounds.
 *
 * @param training in the order of the file
 * @param validation likewise; none of them is ever trained on
 */
record PromptSplit(List<PromptRow> training, List<PromptRow> validation) {

  /** An order that no round takes its prompts in. */
  private static final int VALIDATION_ORDER = -1;

  /**
   * Draws the validation prompts by the seed.
   *
   * @param model directory with the tokenizer
   * @throws InputException if no prompt is left to train on
   */
  static PromptSplit of(RecipeConfig recipe, Path model, Path file, Consumer<String> news) {
    List<PromptRow> all = usable(recipe, model, file, news);
    int held = recipe.flywheel().validationPrompts();
    if (all.size() <= held) {
      throw InputException.key("flywheel.validation_prompts", "is " + held + ", must be less than the " + all.size()
          + " usable prompts of " + file + ", from which they are taken");
    }
    List<PromptRow> order = Batches.shuffled(all, recipe.seed(), VALIDATION_ORDER);
    Comparator<PromptRow> byPlace = Comparator.comparingLong(PromptRow::id);
    return new PromptSplit(order.subList(held, order.size()).stream().sorted(byPlace).toList(),
        order.subList(0, held).stream().sorted(byPlace).toList());
  }

  /** Prompts of a file that fit {@code data.max_prompt_length}. */
  static List<PromptRow> usable(RecipeConfig recipe, Path model, Path file, Consumer<String> news) {
    try (Tokenizer tokenizer = RecipeTokenizer.load(recipe, model)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      var usable = PromptReader.read(file).skipping(SkipReason.PROMPT_TOO_LONG,
          row -> renderer.promptIds(row.messages()).length > recipe.data().maxPromptLength());
      usable.skipped().summary().ifPresent(news);
      return usable.rows();
    }
  }
}
