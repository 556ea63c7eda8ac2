package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.FlywheelConfig.DpoReference;
import io.rlhf4j.config.FlywheelConfig.KeepBy;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.data.Shard;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.pipeline.InitialModel;
import io.rlhf4j.launcher.pipeline.TokenizerStage;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.select.Scored;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The stages of a round, one after the other; each does nothing if its output is there. */
final class Round {

  private static final long ROUND_STRIDE = 1_000_003L;

  private final RecipeConfig recipe;
  private final FlywheelConfig config;
  private final Path root;
  private final FlywheelInputs inputs;
  private final Optional<Task> task;
  private final Consumer<String> news;

  Round(RecipeConfig recipe, Path root, FlywheelInputs inputs, Optional<Task> task, Consumer<String> news) {
    this.recipe = recipe;
    this.config = recipe.flywheel();
    this.root = root;
    this.inputs = inputs;
    this.task = task;
    this.news = news;
  }

  /** Round 0: supervised fine-tuning and the first reward model. */
  RoundRecord first() {
    Path here = Flywheel.directory(root, 0);
    Path start = here.resolve("start");
    Path sft = here.resolve("sft");
    Path reward = here.resolve("reward");
    start(start);
    new SftJob(recipe, start, recipe.sft(), List.of(new SftJob.Source(inputs.sft(), 1)), Optional.empty()).run(sft,
        false, news);
    new RewardJob(recipe, sft, false, recipe.reward(),
        List.of(new RewardJob.Part(inputs.preferences(), config.initialPairs())), inputs.preferencesTest()).run(reward,
            news);
    Evaluation evaluation = evaluate(here, sft, reward);
    RoundRecord record = new RoundRecord(0, relative(sft), relative(reward), "", true, "the beginning", 0, 0,
        gold(evaluation), evaluation.reward(), null, 0, 0, evaluation.tokens(), evaluation.kl(),
        evaluation.finished(), null, null, count(inputs.sft()), 0, 0);
    return write(here, record);
  }

  /** The round after those that are over. */
  RoundRecord next(List<RoundRecord> before) {
    int number = before.size();
    Path here = Flywheel.directory(root, number);
    RoundRecord best = before.stream().filter(RoundRecord::kept).reduce((a, b) -> b).orElseThrow();
    Path base = root.resolve(best.model());
    Path responses = here.resolve("responses.jsonl");
    Path prompts = prompts(number, here);
    new GenerateJob(recipe, base, prompts, sampling(number), Shard.ALL).run(responses, false, news);
    Path reward = reward(before, here, responses);
    Path scored = here.resolve("scored.jsonl");
    new ScoreFileJob(reward, responses).run(scored, news);
    Path imitated = here.resolve("sft.jsonl");
    Path pairs = here.resolve("pairs.jsonl");
    new SelectJob(config.sftSelect(), List.of(scored), SelectJob.Shape.MESSAGES).run(imitated, false, news);
    new SelectJob(config.pairSelect(), List.of(scored), SelectJob.Shape.MESSAGES).run(pairs, false, news);
    Path model = train(before, here, base, imitated, pairs);
    Evaluation evaluation = evaluate(here, model, reward);
    return write(here, judged(before, best, here, model, reward, evaluation));
  }

  /** SFT on the selected answers, then DPO on the newest pairs. */
  private Path train(List<RoundRecord> before, Path here, Path base, Path imitated, Path pairs) {
    Path sft = base;
    if (config.sft().epochs() > 0) {
      sft = here.resolve("sft");
      new SftJob(recipe, base, config.sft(), List.of(new SftJob.Source(imitated, 1)), Optional.empty()).run(sft, false,
          news);
    }
    Optional<Path> reference = config.dpoReference() == DpoReference.FIRST
        ? Optional.of(root.resolve(before.getFirst().model())) : Optional.empty();
    Path dpo = here.resolve("dpo");
    new DpoJob(recipe, sft, reference, pairs).run(dpo, false, news);
    return dpo;
  }

  private void start(Path target) {
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("demonstrations", inputs.sft());
    if (recipe.model().path() != null) {
      files.put("model", recipe.model().path());
    }
    Provenance provenance = Provenance.of("start", Version.number(), recipe.seed(),
        Map.of("model", recipe.model().toString(), "tokenizer", recipe.tokenizer().toString()), files);
    ModelOutput.write(target, provenance, false, (directory, metrics) -> {
      Path given = recipe.tokenizer().path() != null ? recipe.tokenizer().path() : recipe.model().path();
      if (given == null) {
        ByteLevelBpeTrainer.train(TokenizerStage.texts(SftReader.read(inputs.sft())),
            BpeRecipe.chat(recipe.tokenizer().vocabSize()), directory);
      }
      try (Tokenizer tokenizer = Tokenizer.load(given == null ? directory : given);
          CausalModel model = InitialModel.open(recipe, tokenizer)) {
        if (given != null) {
          tokenizer.copyTo(directory);
        }
        model.save(directory);
      }
    });
  }

  /** The prompts of a round: the next ones of a seeded order that begins anew when all were used. */
  private Path prompts(int number, Path here) {
    Path target = here.resolve("prompts.jsonl");
    Provenance provenance = Provenance.of("prompts", Version.number(), recipe.seed(),
        Map.of("round", String.valueOf(number), "count", String.valueOf(config.promptsPerRound())),
        Map.of("prompts", inputs.prompts()));
    FileOutput.write(target, provenance, false, () -> {
      List<PromptRow> all = usable(inputs.prompts());
      int perPass = Math.max(1, all.size() / config.promptsPerRound());
      int pass = (number - 1) / perPass;
      int from = (number - 1) % perPass * config.promptsPerRound();
      List<PromptRow> order = Batches.shuffled(all, recipe.seed(), pass);
      return FileOutput.lines(order.subList(from, Math.min(all.size(), from + config.promptsPerRound())).stream()
          .map(row -> Map.of("prompt", ScoredRows.json(row.messages()))).toList());
    });
    return target;
  }

  private List<PromptRow> usable(Path file) {
    try (Tokenizer tokenizer = Tokenizer.load(Flywheel.directory(root, 0).resolve("sft"))) {
      return FlywheelInputs.prompts(file, tokenizer, recipe.data().maxPromptLength(), news);
    }
  }

  private SamplingOptions sampling(int number) {
    SamplingOptions ppo = recipe.ppo().sampling(0);
    return new SamplingOptions(config.temperature(), ppo.topP(), ppo.topK(), ppo.minP(), ppo.repetition(), ppo.stop(),
        ppo.minNewTokens(), ppo.maxNewTokens(), config.samplesPerPrompt(), recipe.seed() + number * ROUND_STRIDE);
  }

  /** Labels pairs of this round's answers and refreshes the reward model with them and with older ones. */
  private Path reward(List<RoundRecord> before, Path here, Path responses) {
    Path last = root.resolve(before.getLast().reward());
    if (config.labelsPerRound() == 0) {
      return last;
    }
    Path labels = here.resolve("labels.jsonl");
    Provenance provenance = Provenance.of("label", Version.number(), recipe.seed(),
        Map.of("count", String.valueOf(config.labelsPerRound()), "judge", String.valueOf(recipe.task())),
        Map.of("answers", responses));
    FileOutput.write(labels, provenance, false, () -> {
      List<Scored> prompts = ScoredRows.withoutRewards(responses);
      List<Map<String, Object>> rows = Labels.of(prompts, config.labelsPerRound(), task.orElseThrow(),
          recipe.seed() + before.size() * ROUND_STRIDE);
      if (rows.isEmpty()) {
        throw new InputException(responses + ": no prompt has two different answers to label");
      }
      return FileOutput.lines(rows);
    });
    Path target = here.resolve("reward");
    new RewardJob(recipe, last, true, config.refresh(), parts(before, labels), inputs.preferencesTest()).run(target,
        news);
    return target;
  }

  /** All new pairs, and for each of them {@code flywheel.replay} older ones, evenly from every older file. */
  private List<RewardJob.Part> parts(List<RoundRecord> before, Path labels) {
    List<Path> older = new ArrayList<>(List.of(inputs.preferences()));
    for (RoundRecord round : before) {
      if (round.labels() > 0) {
        older.add(Flywheel.directory(root, round.round()).resolve("labels.jsonl"));
      }
    }
    int each = (int) Math.round(config.replay() * count(labels) / older.size());
    List<RewardJob.Part> parts = new ArrayList<>(List.of(new RewardJob.Part(labels, 0)));
    older.stream().filter(file -> each > 0).forEach(file -> parts.add(new RewardJob.Part(file, each)));
    return parts;
  }

  private Evaluation evaluate(Path here, Path model, Path reward) {
    Path target = here.resolve("answers.jsonl");
    Path reference = Flywheel.directory(root, 0).resolve("sft");
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("model", model);
    files.put("reward model", reward);
    files.put("reference", reference);
    files.put("test prompts", inputs.promptsTest());
    Provenance provenance = Provenance.of("evaluate", Version.number(), recipe.seed() + 1,
        Map.of("sampling", recipe.ppo().sampling(0).toString(), "prompts", String.valueOf(config.evalPrompts())),
        files);
    evaluation().run(model, reward, reference, provenance, target);
    return RoundEvaluation.read(target);
  }

  private RoundEvaluation evaluation() {
    List<PromptRow> all = usable(inputs.promptsTest());
    int count = config.evalPrompts() == 0 ? all.size() : Math.min(config.evalPrompts(), all.size());
    return new RoundEvaluation(recipe, all.subList(0, count), task);
  }

  private RoundRecord judged(List<RoundRecord> before, RoundRecord best, Path here, Path model, Path reward,
      Evaluation now) {
    Evaluation base = RoundEvaluation.read(Flywheel.directory(root, best.round()).resolve("answers.jsonl"));
    Evaluation beginning = RoundEvaluation.read(Flywheel.directory(root, 0).resolve("answers.jsonl"));
    double[] baseRewards = evaluation().rescored(base, reward, model);
    double[] nowRewards = evaluation().rescored(now, reward, model);
    boolean byGold = config.keepBy() == KeepBy.GOLD && task.isPresent();
    Verdict verdict = Verdict.of(byGold ? values(now, Round::goldOf) : nowRewards,
        byGold ? values(base, Round::goldOf) : baseRewards, config.keepMinGain());
    double[] judged = byGold ? values(now, Round::goldOf) : nowRewards;
    double[] first = byGold ? values(beginning, Round::goldOf) : evaluation().rescored(beginning, reward, model);
    int wins = 0;
    int losses = 0;
    for (int i = 0; i < judged.length; i++) {
      wins += judged[i] > first[i] ? 1 : 0;
      losses += judged[i] < first[i] ? 1 : 0;
    }
    List<Scored> scored = ScoredRows.read(List.of(here.resolve("scored.jsonl"))).prompts();
    String rule = "mean " + (byGold ? "gold score" : "reward") + " on the test prompts rises by more than "
        + config.keepMinGain();
    Path labels = here.resolve("labels.jsonl");
    return new RoundRecord(before.size(), relative(model), relative(reward), best.model(), verdict.kept(), rule,
        verdict.gain(), verdict.error(), gold(now), mean(nowRewards), mean(baseRewards), wins, losses, now.tokens(),
        now.kl(), now.finished(), meanOf(scored, true), meanOf(scored, false), count(here.resolve("sft.jsonl")),
        count(here.resolve("pairs.jsonl")), Files.exists(labels) ? count(labels) : 0);
  }

  private static double[] values(Evaluation evaluation, ToDoubleFunction<Evaluation.Answer> value) {
    return evaluation.answers().stream().mapToDouble(value).toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double meanOf(List<Scored> prompts, boolean best) {
    return prompts.stream().mapToDouble(prompt -> {
      var rewards = prompt.answers().stream().mapToDouble(Scored.Answer::reward).filter(Double::isFinite);
      return (best ? rewards.max() : rewards.average()).orElse(0);
    }).average().orElse(0);
  }

  private static double goldOf(Evaluation.Answer answer) {
    return answer.gold().orElseThrow();
  }

  private static @Nullable Double gold(Evaluation evaluation) {
    return evaluation.gold().isPresent() ? evaluation.gold().getAsDouble() : null;
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
