package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.text.ChatEncoder;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.TrainingSequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Supervised fine-tuning of the initial model on the demonstrations. */
public final class SftStage {

  private SftStage() {}

  /** Trains and writes the model to {@code stages/sft}; returns that directory. */
  public static Path run(RunContext context, Tokenizer tokenizer, DataSet<SftExample> examples) {
    RecipeConfig recipe = context.recipe();
    List<TrainingSequence> sequences = encode(context, new ChatEncoder(tokenizer), examples);
    try (CausalModel model = InitialModel.open(recipe, tokenizer)) {
      if (recipe.sft().epochs() > 0) {
        train(context, model, sequences);
      }
      return save(context.stage("sft"), model, tokenizer);
    }
  }

  private static void train(RunContext context, CausalModel model, List<TrainingSequence> sequences) {
    RecipeConfig recipe = context.recipe();
    long steps = (long) Math.ceilDiv(sequences.size(), recipe.sft().batchSize()) * recipe.sft().epochs();
    try (Progress progress = Progress.start("sft", steps)) {
      new SftTrainer(model, recipe.sft(), recipe.seed()).train(sequences, (step, total, tokens, metrics) -> {
        context.metrics().log("sft", step, metrics);
        progress.advance("loss %.3f".formatted(metrics.get("loss")));
      });
    }
  }

  private static List<TrainingSequence> encode(RunContext context, ChatEncoder encoder, DataSet<SftExample> examples) {
    int maxLength = context.data().maxLength();
    boolean trainOnPrompt = context.recipe().sft().trainOnPrompt();
    List<TrainingSequence> sequences = new ArrayList<>();
    DataSet<SftExample> usable = examples.skipping(SkipReason.TOO_LONG, example -> {
      TrainingSequence sequence = encode(encoder, example, trainOnPrompt);
      boolean tooLong = sequence.length() > maxLength;
      if (!tooLong) {
        sequences.add(sequence);
      }
      return tooLong;
    });
    usable.skipped().summary().ifPresent(System.err::println);
    return sequences;
  }

  private static TrainingSequence encode(ChatEncoder encoder, SftExample example, boolean trainOnPrompt) {
    int[] prompt = encoder.prompt(example.prompt());
    int[] answer = encoder.answer(example.prompt(), example.response());
    int[] tokens = Arrays.copyOf(prompt, prompt.length + answer.length);
    System.arraycopy(answer, 0, tokens, prompt.length, answer.length);
    boolean[] trained = new boolean[tokens.length];
    Arrays.fill(trained, trainOnPrompt ? 1 : prompt.length, tokens.length, true);
    return new TrainingSequence(tokens, trained);
  }

  private static Path save(Path directory, CausalModel model, Tokenizer tokenizer) {
    try {
      AtomicFiles.writeDirectory(directory, target -> {
        model.save(target);
        tokenizer.copyTo(target);
      });
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory, e);
    }
  }
}
