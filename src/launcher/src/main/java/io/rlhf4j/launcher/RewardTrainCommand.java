package io.rlhf4j.launcher;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.launcher.pipeline.InitialModel;
import io.rlhf4j.launcher.pipeline.PreferenceData;
import io.rlhf4j.launcher.pipeline.ProcessReport;
import io.rlhf4j.launcher.pipeline.ProcessStage;
import io.rlhf4j.launcher.pipeline.RewardReport;
import io.rlhf4j.launcher.pipeline.RewardStage;
import io.rlhf4j.launcher.pipeline.RunContext;
import io.rlhf4j.launcher.pipeline.StepData;
import io.rlhf4j.launcher.pipeline.StreamedPairs;
import io.rlhf4j.launcher.pipeline.TokenizerStage;
import io.rlhf4j.text.Tokenizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf reward train}: trains a reward model in this process, without cluster and network. */
@Command(name = "train", mixinStandardHelpOptions = true,
    description = "Trains a reward model on preference pairs, or on labelled steps, and measures it on held-out ones.")
final class RewardTrainCommand implements Callable<Integer> {

  /** The role under whose name the model is written. */
  private static final String MODEL = "reward";

  @Mixin
  private RecipeOptions options = new RecipeOptions();

  @Option(names = "--overwrite", description = "Replace a finished run of the same name.")
  private boolean overwrite;

  @Mixin
  private ResumeOption resume = new ResumeOption();

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    RecipeConfig recipe = options.load();
    StopSignal.heed(spec.commandLine().getOut(), () -> {
      Printed printed = switch (recipe.reward().type()) {
        case PREFERENCE -> onPairs(recipe);
        case PROCESS -> onSteps(recipe);
      };
      print(printed, recipe.runDirectory().resolve("final").resolve(MODEL));
    });
    return 0;
  }

  /** What is said at the end. */
  private record Printed(List<String> notes, String report) {}

  // Files that cannot be used are refused before there is a run directory.
  private Printed onPairs(RecipeConfig recipe) {
    if (recipe.data().streaming()) {
      StreamedPairs.check(recipe);
      RewardReport report = RecipeRun.execute(recipe, overwrite, resume.policy(), RewardTrainCommand::trainStreamed);
      return new Printed(report.notes(), report.toText());
    }
    Optional<PreferenceData> given =
        recipe.task() == null ? Optional.of(PreferenceData.read(recipe.data())) : Optional.empty();
    RewardReport report = RecipeRun.execute(recipe, overwrite, resume.policy(),
        context -> train(context, given.orElseGet(() -> PreferenceData.read(context.data()))));
    return new Printed(report.notes(), report.toText());
  }

  private Printed onSteps(RecipeConfig recipe) {
    if (recipe.data().streaming()) {
      StepData.check(recipe);
      ProcessReport report =
          RecipeRun.execute(recipe, overwrite, resume.policy(), RewardTrainCommand::trainStreamedSteps);
      return new Printed(report.notes(), report.toText());
    }
    StepData data = StepData.read(recipe);
    ProcessReport report =
        RecipeRun.execute(recipe, overwrite, resume.policy(), context -> train(context, data));
    return new Printed(report.notes(), report.toText());
  }

  private static RewardReport trainStreamed(RunContext context) {
    RecipeConfig recipe = context.recipe();
    try (Tokenizer tokenizer = TokenizerStage.open(context, Stream::empty)) {
      RewardStage stage = new RewardStage(context, tokenizer);
      try (RewardStage.Prepared pairs = stage.prepareStreamed(InitialModel.vocabSize(recipe, tokenizer))) {
        return stage.run(InitialModel.open(recipe, tokenizer), pairs, context.run().finalModel(MODEL));
      }
    }
  }

  private static ProcessReport trainStreamedSteps(RunContext context) {
    RecipeConfig recipe = context.recipe();
    try (Tokenizer tokenizer = TokenizerStage.open(context, Stream::empty)) {
      return new ProcessStage(context, tokenizer).runStreamed(() -> InitialModel.open(recipe, tokenizer),
          context.run().finalModel(MODEL));
    }
  }

  private static RewardReport train(RunContext context, PreferenceData data) {
    try (Tokenizer tokenizer = TokenizerStage.open(context, () -> texts(context, data::texts))) {
      RewardStage stage = new RewardStage(context, tokenizer);
      RewardStage.Prepared pairs = stage.prepare(InitialModel.vocabSize(context.recipe(), tokenizer), data);
      return stage.run(InitialModel.open(context.recipe(), tokenizer), pairs, context.run().finalModel(MODEL));
    }
  }

  private static ProcessReport train(RunContext context, StepData data) {
    try (Tokenizer tokenizer = TokenizerStage.open(context, () -> texts(context, data::texts))) {
      ProcessStage stage = new ProcessStage(context, tokenizer);
      ProcessStage.Prepared answers = stage.prepare(data);
      return stage.run(InitialModel.open(context.recipe(), tokenizer), answers, context.run().finalModel(MODEL));
    }
  }

  /** A new tokenizer learns from the demonstrations where there are any, as that of a whole pipeline does. */
  private static Stream<String> texts(RunContext context, Supplier<Stream<String>> others) {
    Path sft = context.data().sft();
    return sft == null ? others.get() : TokenizerStage.texts(SftReader.read(sft));
  }

  private void print(Printed printed, Path model) {
    PrintWriter out = spec.commandLine().getOut();
    printed.notes().forEach(out::println);
    out.println();
    out.print(printed.report());
    out.println("reward model: " + model);
    out.flush();
  }
}
