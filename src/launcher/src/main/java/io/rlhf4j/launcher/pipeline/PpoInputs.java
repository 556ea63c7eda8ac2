package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PromptReader;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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
 * @param files of rows that are not in memory
 */
record PpoInputs(Tokenizer tokenizer, List<MaskedTokens> demonstrations,
    Optional<RewardStage.Prepared> pairs, List<PromptRequest> trainPrompts, List<PromptRow> testPrompts,
    List<String> notes, Optional<StreamedInputs> files) implements AutoCloseable {

  PpoInputs {
    notes = List.copyOf(notes);
  }

  /** @throws InputException naming file, line or key of what cannot be used */
  static PpoInputs read(RunContext context) {
    checkPrecision(context.recipe());
    RewardCheck.open(context.recipe(), context.recipe().rewards());
    return context.recipe().data().streaming() ? streamed(context) : inMemory(context);
  }

  private static void checkPrecision(RecipeConfig recipe) {
    if (!recipe.rewards().isEmpty() && recipe.ppo().rewardPrecision() != InferencePrecision.FP32) {
      throw InputException.key("ppo.reward_precision", "is int8, must be fp32 with rewards: there are no test pairs to"
          + " compare INT8 scores on");
    }
  }

  private static PpoInputs inMemory(RunContext context) {
    RecipeConfig recipe = context.recipe();
    PpoRewards rewards = PpoRewards.of(recipe, context.data());
    Optional<DataSet<SftExample>> demonstrations = demonstrations(recipe, context.data());
    Optional<PreferenceData> preferences =
        recipe.rewards().isEmpty() ? Optional.of(PreferenceData.read(context.data())) : Optional.empty();
    DataSet<PromptRow> trainPrompts = PromptReader.read(context.data().requirePromptsTrain());
    Path testFile = context.data().promptsTest();
    DataSet<PromptRow> testPrompts = testFile == null ? trainPrompts : PromptReader.read(testFile);

    Tokenizer tokenizer = TokenizerStage.open(context, () -> demonstrations.stream().flatMap(TokenizerStage::texts));
    try {
      List<String> notes = new ArrayList<>();
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      int vocabSize = InitialModel.vocabSize(recipe, tokenizer);
      InitialModel.checkAnswerLength(recipe);
      List<MaskedTokens> sequences =
          demonstrations.map(rows -> SftStage.encode(context, renderer, rows, notes)).orElse(List.of());
      Optional<RewardStage.Prepared> pairs =
          preferences.map(rows -> new RewardStage(context, tokenizer).prepare(vocabSize, rows));
      pairs.ifPresent(prepared -> notes.addAll(prepared.notes()));
      List<PromptRow> train = usable(context, renderer, trainPrompts, notes);
      List<PromptRow> test = testFile == null ? train : usable(context, renderer, testPrompts, notes);
      List<PromptRequest> requests =
          train.stream().map(row -> new PromptRequest(row.id(), renderer.promptIds(row.messages()))).toList();
      checkBatches(recipe.ppo(), requests, notes);
      leftOut(recipe, sequences).ifPresent(notes::add);
      notes.addAll(rewards.unlabelled("data.prompts_train", train));
      notes.addAll(testFile == null ? List.of() : rewards.unlabelled("data.prompts_test", test));
      CriticOrigin.of(recipe, tokenizer).note().ifPresent(notes::add);
      return new PpoInputs(tokenizer, sequences, pairs, requests, test, notes, Optional.empty());
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** There need be none where a model is given, no SFT comes first and PPO imitates nothing. */
  private static Optional<DataSet<SftExample>> demonstrations(RecipeConfig recipe, DataConfig data) {
    boolean imitates = recipe.ppo().policy().ptxCoef() > 0;
    if (data.sft() == null && recipe.model().path() != null && !imitates) {
      if (recipe.sft().epochs() > 0) {
        throw InputException.key("data.sft",
            "is missing; give it, or set sft.epochs to 0 if the model of model.path needs no SFT");
      }
      return Optional.empty();
    }
    return Optional.of(SftReader.read(data.requireSft()));
  }

  private static PpoInputs streamed(RunContext context) {
    RecipeConfig recipe = context.recipe();
    StreamedInputs.check(recipe);
    PpoRewards rewards = PpoRewards.of(recipe, context.data());
    Path testFile = context.data().promptsTest();
    Optional<DataSet<PromptRow>> testPrompts = Optional.ofNullable(testFile).map(PromptReader::read);
    Tokenizer tokenizer = TokenizerStage.open(context, Stream::empty);
    try {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      int vocabSize = InitialModel.vocabSize(recipe, tokenizer);
      InitialModel.checkAnswerLength(recipe);
      StreamedInputs files = StreamedInputs.open(context, renderer);
      Optional<RewardStage.Prepared> pairs = Optional.empty();
      try {
        List<String> notes = new ArrayList<>(files.notes());
        if (recipe.rewards().isEmpty()) {
          pairs = Optional.of(new RewardStage(context, tokenizer).prepareStreamed(vocabSize));
          notes.addAll(pairs.get().notes());
        }
        List<PromptRow> test = testPrompts.map(rows -> usable(context, renderer, rows, notes))
            .orElseGet(() -> files.firstPrompts(context, renderer));
        checkBatches(recipe.ppo(), files.prompts(), notes);
        leftOut(recipe, files.demonstrations()).ifPresent(notes::add);
        notes.addAll(rewards.unlabelled(testFile == null ? "data.prompts_train" : "data.prompts_test", test));
        CriticOrigin.of(recipe, tokenizer).note().ifPresent(notes::add);
        return new PpoInputs(tokenizer, files.demonstrations(), pairs, files.prompts(), test, notes,
            Optional.of(files));
      } catch (RuntimeException e) {
        pairs.ifPresent(RewardStage.Prepared::close);
        files.close();
        throw e;
      }
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private static Optional<String> leftOut(RecipeConfig recipe, List<MaskedTokens> demonstrations) {
    return recipe.ppo().policy().ptxCoef() > 0 ? Demonstrations.left(demonstrations, recipe.seed())
        : Optional.empty();
  }

  private static void checkBatches(PpoConfig ppo, List<PromptRequest> prompts, List<String> notes) {
    checkEnough(ppo, prompts);
    unevenBatches(ppo).ifPresent(notes::add);
  }

  private static List<PromptRow> usable(RunContext context, ChatRenderer renderer, DataSet<PromptRow> rows,
      List<String> notes) {
    int limit = context.data().maxPromptLength();
    DataSet<PromptRow> usable =
        rows.skipping(SkipReason.PROMPT_TOO_LONG, row -> renderer.promptIds(row.messages()).length > limit);
    usable.skipped().summary().ifPresent(notes::add);
    return usable.rows();
  }

  private static void checkEnough(PpoConfig ppo, List<PromptRequest> prompts) {
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
    pairs.ifPresent(RewardStage.Prepared::close);
    files.ifPresent(StreamedInputs::close);
    tokenizer.close();
  }
}
