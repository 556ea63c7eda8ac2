package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StageCheckpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Supervised fine-tuning of the initial model on the demonstrations. */
public final class SftStage {

  private SftStage() {}

  /**
   * Trains on what {@link #encode} gave and writes the model to {@code stages/sft}; returns that directory. Goes on
   * from the stage's checkpoints, if the run has any.
   */
  public static Path run(RunContext context, Tokenizer tokenizer, List<MaskedTokens> sequences,
      Consumer<String> news) {
    RecipeConfig recipe = context.recipe();
    StageCheckpoints checkpoints = StageCheckpoints.in(context.run().checkpoints().resolve("sft"),
        recipe.sft().saving(), recipe.hash() + "/" + MaskedTokens.fingerprint(sequences));
    if (checkpoints.isEmpty()) {
      context.metrics().rewind(0);
    }
    try (CausalModel model = InitialModel.open(recipe, tokenizer)) {
      if (recipe.sft().epochs() > 0) {
        Compute.exclusive(() -> train(context, model, sequences, checkpoints, news));
      }
      Path saved = save(context.stage("sft"), model, tokenizer);
      checkpoints.clear();
      return saved;
    }
  }

  private static void train(RunContext context, CausalModel model, List<MaskedTokens> sequences,
      StageCheckpoints checkpoints, Consumer<String> news) {
    RecipeConfig recipe = context.recipe();
    long steps = recipe.sft().totalSteps(sequences.size());
    SftConfig config = recipe.sft().withMicroBatchTokens(MicroBatches.tokens(recipe.sft().microBatch(), checkpoints,
        () -> new SftTrainer(model, recipe.sft(), recipe.seed()).probe(sequences), news));
    try (Progress progress = Progress.start("sft", steps)) {
      new SftTrainer(model, config, recipe.seed()).train(sequences,
          new SftMetrics(context.metrics(), "sft", progress), checkpoints);
    }
  }

  /**
   * Demonstrations as tokens; what is too long is skipped and said through {@code notes}.
   *
   * @throws io.rlhf4j.config.InputException if none is left
   */
  static List<MaskedTokens> encode(RunContext context, ChatRenderer renderer, DataSet<SftExample> examples,
      List<String> notes) {
    return encode(renderer, examples, context.data().maxLength(), context.recipe().sft(), notes);
  }

  /** Likewise, with the limits of any recipe. */
  public static List<MaskedTokens> encode(ChatRenderer renderer, DataSet<SftExample> examples, int maxLength,
      SftConfig config, List<String> notes) {
    List<MaskedTokens> sequences = new ArrayList<>();
    DataSet<SftExample> usable = examples.skipping(SkipReason.TOO_LONG, example -> {
      MaskedTokens sequence = encode(renderer, examples.skipped().file(), example, config);
      boolean tooLong = sequence.length() > maxLength;
      if (!tooLong) {
        sequences.add(sequence);
      }
      return tooLong;
    });
    usable.skipped().summary().ifPresent(notes::add);
    return sequences;
  }

  /** One demonstration as tokens. */
  static MaskedTokens encode(ChatRenderer renderer, Path file, SftExample example, SftConfig config) {
    boolean answersBefore = example.prompt().stream().anyMatch(ChatMessage::isAssistant);
    if (answersBefore && config.turns() == SftConfig.Turns.ALL && !config.trainOnPrompt()) {
      return conversation(renderer, file, example);
    }
    TokenSequence sequence = renderer.sequence(example.prompt(), example.response());
    boolean[] trained = new boolean[sequence.length()];
    Arrays.fill(trained, config.trainOnPrompt() ? 1 : sequence.promptLength(), sequence.length(), true);
    return new MaskedTokens(sequence.tokens(), trained);
  }

  private static MaskedTokens conversation(ChatRenderer renderer, Path file, SftExample example) {
    List<ChatMessage> messages = new ArrayList<>(example.prompt());
    messages.add(ChatMessage.assistant(example.response()));
    try {
      return renderer.conversation(messages);
    } catch (InputException e) {
      throw InputException.at(file, example.line(), e.getMessage() + "; or set sft.turns to last");
    }
  }

  private static Path save(Path directory, CausalModel model, Tokenizer tokenizer) {
    try {
      AtomicFiles.writeDirectory(directory, target -> {
        model.save(target, model.backbone().saveFormat().whole().exact());
        tokenizer.copyTo(target);
      });
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory, e);
    }
  }
}
