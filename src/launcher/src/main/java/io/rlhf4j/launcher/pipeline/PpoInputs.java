package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All that a PPO run reads, checked before the first stage begins: what is wrong shows at once and not after an hour of
 * training.
 *
 * @param tokenizer of every model of the run
 * @param demonstrations for SFT
 * @param pairs for the reward model; empty if the recipe's {@code rewards} score instead of one
 * @param trainPrompts that PPO samples answers for
 * @param testPrompts that only measure; the training prompts where there are no others
 * @param notes which rows were skipped, a line for each file
 */
record PpoInputs(Tokenizer tokenizer, List<MaskedTokens> demonstrations,
    Optional<RewardStage.Prepared> pairs, List<PromptRow> trainPrompts, List<PromptRow> testPrompts, List<String> notes)
    implements AutoCloseable {

  PpoInputs {
    notes = List.copyOf(notes);
  }

  /** @throws InputException naming file, line or key of what cannot be used */
  static PpoInputs read(RunContext context) {
    RecipeConfig recipe = context.recipe();
    DataSet<SftExample> demonstrations = SftReader.read(context.data().requireSft());
    Optional<PreferenceData> preferences =
        recipe.rewards().isEmpty() ? Optional.of(PreferenceData.read(context.data())) : Optional.empty();
    DataSet<PromptRow> trainPrompts = PromptReader.read(context.data().requirePromptsTrain());
    Path testFile = context.data().promptsTest();
    DataSet<PromptRow> testPrompts = testFile == null ? trainPrompts : PromptReader.read(testFile);

    Tokenizer tokenizer = TokenizerStage.open(context, () -> TokenizerStage.texts(demonstrations));
    try {
      List<String> notes = new ArrayList<>();
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      int vocabSize = InitialModel.vocabSize(recipe, tokenizer);
      InitialModel.checkAnswerLength(recipe);
      List<MaskedTokens> sequences = SftStage.encode(context, renderer, demonstrations, notes);
      Optional<RewardStage.Prepared> pairs =
          preferences.map(rows -> new RewardStage(context, tokenizer).prepare(vocabSize, rows));
      pairs.ifPresent(prepared -> notes.addAll(prepared.notes()));
      List<PromptRow> train = usable(context, renderer, trainPrompts, notes);
      List<PromptRow> test = testFile == null ? train : usable(context, renderer, testPrompts, notes);
      checkEnough(recipe.ppo(), train);
      unevenBatches(recipe.ppo()).ifPresent(notes::add);
      return new PpoInputs(tokenizer, sequences, pairs, train, test, notes);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private static List<PromptRow> usable(RunContext context, ChatRenderer renderer, DataSet<PromptRow> rows,
      List<String> notes) {
    int limit = context.data().maxPromptLength();
    DataSet<PromptRow> usable =
        rows.skipping(SkipReason.PROMPT_TOO_LONG, row -> renderer.promptIds(row.messages()).length > limit);
    usable.skipped().summary().ifPresent(notes::add);
    return usable.rows();
  }

  private static void checkEnough(PpoConfig ppo, List<PromptRow> prompts) {
    if (ppo.promptsPerIteration() > prompts.size()) {
      throw InputException.key("ppo.prompts_per_iteration", "is " + ppo.promptsPerIteration()
          + ", must be at most the " + prompts.size() + " usable prompts of data.prompts_train");
    }
  }

  /** Nothing is left out where a batch size does not divide, but the last optimiser step of each epoch is noisier. */
  private static Optional<String> unevenBatches(PpoConfig ppo) {
    int responses = ppo.responsesPerIteration();
    int rest = responses % ppo.miniBatchSize();
    return rest == 0 || responses < ppo.miniBatchSize() ? Optional.empty()
        : Optional.of("ppo.mini_batch_size: " + ppo.miniBatchSize() + " does not divide the " + responses
            + " responses of an iteration; the last optimiser step of each epoch learns from " + rest);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
