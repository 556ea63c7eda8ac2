package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.FlywheelConfig.DpoReference;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.data.Shard;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.InitialModel;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.launcher.pipeline.TokenizerStage;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.DpoJob;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.launcher.stage.GenerateJob;
import io.rlhf4j.launcher.stage.ModelOutput;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.launcher.stage.RewardJob;
import io.rlhf4j.launcher.stage.ScoreFileJob;
import io.rlhf4j.launcher.stage.ScoredRows;
import io.rlhf4j.launcher.stage.SelectJob;
import io.rlhf4j.launcher.stage.SftJob;
import io.rlhf4j.launcher.stage.StageRoles;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The stages of a round, one after the other; each does nothing if its output is there. */
final class Round {

  private static final long ROUND_STRIDE = 1_000_003L;
  /** Of the files that rounds write, whatever the user's files look like. */
  private static final PreferenceLayout GENERATED = PreferenceLayout.of(DataFormat.STANDARD);

  private final RecipeConfig recipe;
  private final FlywheelConfig config;
  private final Path root;
  private final FlywheelInputs inputs;
  private final Optional<Task> task;
  private final RewardPlan plan;
  private final StageRoles roles;
  private final Consumer<String> news;

  Round(RewardPlan plan, Path root, FlywheelInputs inputs, Optional<Task> task, StageRoles roles,
      Consumer<String> news) {
    this.plan = plan;
    this.roles = roles;
    this.recipe = plan.recipe();
    this.config = recipe.flywheel();
    this.root = root;
    this.inputs = inputs;
    this.task = task;
    this.news = news;
  }

  /** Round 0: supervised fine-tuning and the first reward model, as far as there are data for them. */
  RoundRecord first() {
    Path here = Flywheel.directory(root, 0);
    Path start = here.resolve("start");
    start(start);
    inputs.sft().ifPresent(demonstrations -> new SftJob(recipe, start, recipe.sft(),
        List.of(new SftJob.Source(demonstrations, 1)), Optional.empty()).run(here.resolve("sft"), false, news));
    Path model = inputs.firstModel(root);
    Optional<Path> reward = inputs.preferences().map(preferences -> {
      Path target = here.resolve("reward");
      new RewardJob(recipe, model, false, recipe.reward(),
          List.of(new RewardJob.Part(preferences, inputs.layout(recipe), config.initialPairs())), test())
          .run(target, news);
      return target;
    });
    // Whoever scores, labels and decides is opened once, on its node, before anything is sampled.
    plan.all(reward).forEach(source -> roles.rewards(source, model).close());
    return write(here, judgement().first(model, reward, inputs.sft().map(Round::count).orElse(0)));
  }

  /** The round after those that are over. */
  RoundRecord next(List<RoundRecord> before) {
    int number = before.size();
    Path here = Flywheel.directory(root, number);
    RoundRecord best = before.stream().filter(RoundRecord::kept).reduce((a, b) -> b).orElseThrow();
    Path base = root.resolve(best.model());
    Path responses = here.resolve("responses.jsonl");
    Path prompts = prompts(number, here);
    new GenerateJob(recipe, base, prompts, sampling(number), Shard.ALL).run(responses, false, roles, news);
    Optional<Path> reward = reward(before, here, responses, base);
    Path scored = here.resolve("scored.jsonl");
    new ScoreFileJob(plan.scores(reward), responses, base).run(scored, roles, news);
    Path imitated = here.resolve("sft.jsonl");
    Path pairs = here.resolve("pairs.jsonl");
    new SelectJob(config.sftSelect(), List.of(scored), SelectJob.Shape.MESSAGES).run(imitated, false, news);
    new SelectJob(config.pairSelect(), List.of(scored), SelectJob.Shape.MESSAGES).run(pairs, false, news);
    Path model = train(before, here, base, imitated, pairs);
    return write(here, judgement().next(number, best, model, reward, yielded(here, imitated, pairs)));
  }

  private Judgement judgement() {
    return new Judgement(plan, root, inputs, split(), task, roles, news);
  }

  private PromptSplit split() {
    return PromptSplit.of(recipe, inputs.firstModel(root), inputs.prompts(), news);
  }

  private static RoundYield yielded(Path here, Path imitated, Path pairs) {
    Path labels = here.resolve("labels.jsonl");
    return new RoundYield(ScoredRows.read(List.of(here.resolve("scored.jsonl"))).prompts(), count(imitated),
        count(pairs), Files.exists(labels) ? count(labels) : 0);
  }

  /** SFT on the selected answers, then DPO on the newest pairs. */
  private Path train(List<RoundRecord> before, Path here, Path base, Path imitated, Path pairs) {
    double decay = Math.pow(config.learningRateDecay(), before.size() - 1);
    Path sft = base;
    if (config.sft().epochs() > 0) {
      sft = here.resolve("sft");
      new SftJob(recipe, base, config.sft().scaled(decay), List.of(new SftJob.Source(imitated, 1)), Optional.empty())
          .run(sft, false,
              news);
    }
    Optional<Path> reference = config.dpoReference() == DpoReference.FIRST
        ? Optional.of(root.resolve(before.getFirst().model())) : Optional.empty();
    Path dpo = here.resolve("dpo");
    new DpoJob(recipe, sft, recipe.dpo().scaled(decay), reference, pairs, GENERATED)
        .run(dpo, false, roles, news);
    return dpo;
  }

  private void start(Path target) {
    Map<String, Path> files = new LinkedHashMap<>();
    inputs.sft().ifPresent(demonstrations -> files.put("demonstrations", demonstrations));
    if (recipe.model().path() != null) {
      files.put("model", recipe.model().path());
    }
    RecipeTokenizer.describe(recipe, files);
    Provenance provenance = Provenance.of("start", Version.number(), recipe.seed(),
        Map.of("model", recipe.model().toString(), "tokenizer", recipe.tokenizer().toString()), files);
    ModelOutput.write(target, provenance, false, SaveConfig.never(), (directory, metrics, none) -> {
      Path given = recipe.tokenizer().path() != null ? recipe.tokenizer().path() : recipe.model().path();
      if (given == null) {
        ByteLevelBpeTrainer.train(TokenizerStage.texts(SftReader.read(inputs.sft().orElseThrow())),
            BpeRecipe.chat(recipe.tokenizer().vocabSize()), directory);
      }
      try (Tokenizer tokenizer = RecipeTokenizer.load(recipe, given == null ? directory : given);
          CausalModel model = InitialModel.open(recipe, tokenizer)) {
        tokenizer.copyTo(directory);
        model.save(directory);
      }
    });
  }

  /** The prompts of a round: the next ones of a seeded order that begins anew when all were used. */
  private Path prompts(int number, Path here) {
    Path target = here.resolve("prompts.jsonl");
    Provenance provenance = Provenance.of("prompts", Version.number(), recipe.seed(),
        Map.of("round", String.valueOf(number), "count", String.valueOf(config.promptsPerRound()), "held out",
            String.valueOf(config.validationPrompts())),
        Map.of("prompts", inputs.prompts()));
    FileOutput.write(target, provenance, false, () -> {
      List<PromptRow> all = split().training();
      int perPass = Math.max(1, all.size() / config.promptsPerRound());
      int pass = (number - 1) / perPass;
      int from = (number - 1) % perPass * config.promptsPerRound();
      List<PromptRow> order = Batches.shuffled(all, recipe.seed(), pass);
      return FileOutput.lines(order.subList(from, Math.min(all.size(), from + config.promptsPerRound())).stream()
          .map(ScoredRows::json).toList());
    });
    return target;
  }

  private SamplingOptions sampling(int number) {
    SamplingOptions ppo = recipe.ppo().sampling(0);
    return new SamplingOptions(config.temperature(), ppo.topP(), ppo.topK(), ppo.minP(), ppo.repetition(), ppo.stop(),
        ppo.minNewTokens(), ppo.maxNewTokens(), config.samplesPerPrompt(), recipe.seed() + number * ROUND_STRIDE);
  }

  /** Labels pairs of this round's answers and refreshes the reward model with them and with older ones. */
  private Optional<Path> reward(List<RoundRecord> before, Path here, Path responses, Path model) {
    if (!plan.trainsReward()) {
      return Optional.empty();
    }
    Path last = root.resolve(before.getLast().reward());
    if (config.labelsPerRound() == 0) {
      return Optional.of(last);
    }
    Path labels = new LabelStage(plan, task, roles, news).run(here, responses, model,
        recipe.seed() + before.size() * ROUND_STRIDE);
    Path target = here.resolve("reward");
    new RewardJob(recipe, last, true, config.refresh(), parts(before, labels), test()).run(target, news);
    return Optional.of(target);
  }

  /** All new pairs, and for each of them {@code flywheel.replay} older ones, evenly from every older file. */
  private List<RewardJob.Part> parts(List<RoundRecord> before, Path labels) {
    List<RewardJob.Part> older = new ArrayList<>();
    older.add(new RewardJob.Part(inputs.preferences().orElseThrow(), inputs.layout(recipe), 0));
    for (RoundRecord round : before) {
      if (round.labels() > 0) {
        older.add(new RewardJob.Part(Flywheel.directory(root, round.round()).resolve("labels.jsonl"), GENERATED, 0));
      }
    }
    int each = (int) Math.round(config.replay() * count(labels) / older.size());
    List<RewardJob.Part> parts = new ArrayList<>(List.of(new RewardJob.Part(labels, GENERATED, 0)));
    older.stream().filter(part -> each > 0)
        .forEach(part -> parts.add(new RewardJob.Part(part.file(), part.layout(), each)));
    return parts;
  }

  private RewardJob.Part test() {
    return new RewardJob.Part(inputs.preferencesTest().orElseThrow(), inputs.testLayout(recipe), 0);
  }

  private String relative(Path path) {
    return root.relativize(path).toString();
  }

  private RoundRecord write(Path here, RoundRecord record) {
    try {
      AtomicFiles.writeText(here.resolve(RoundRecord.FILE), FileOutput.pretty(record));
      return record;
    } catch (IOException e) {
      throw new InputException(here + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static int count(Path file) {
    try (var lines = Files.lines(file)) {
      return (int) lines.count();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }
}
