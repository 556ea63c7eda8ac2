package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.CriticStart;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.generate.ResponseText;
import io.rlhf4j.launcher.ppo.CheckpointPlan;
import io.rlhf4j.launcher.ppo.Placement;
import io.rlhf4j.launcher.ppo.PpoRun;
import io.rlhf4j.launcher.ppo.PpoRunSpec;
import io.rlhf4j.launcher.ppo.PpoSchedule;
import io.rlhf4j.launcher.ppo.RoleModel;
import io.rlhf4j.model.AdapterBase;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.ExperienceOptions;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Fence;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StoppedEarly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** PPO from the models of the stages before, with the roles in this JVM or on the nodes of a cluster. */
public final class PpoStage {

  private PpoStage() {}

  /**
   * Runs PPO and writes the final models of actor and critic.
   *
   * @param policy directory that actor and reference start from
   * @param reward directory of the reward model, from which the critic starts too; without one the recipe's
   *     {@code rewards} score, and {@link CriticOrigin} says what the critic starts from
   * @param scoring in which numbers the reward model scores
   * @param placement where the roles run
   * @param stopper told how to end it early
   * @return the evaluations, first and last included
   * @throws StoppedEarly if it was ended
   */
  static PpoReport run(RunContext context, PpoInputs inputs, Path policy, Optional<Path> reward,
      InferencePrecision scoring, Placement placement, Consumer<Runnable> stopper) {
    RecipeConfig recipe = context.recipe();
    PpoConfig ppo = recipe.ppo();
    Tokenizer tokenizer = inputs.tokenizer();
    List<PromptRow> test = inputs.testPrompts();
    int evaluated = ppo.evalPrompts() == 0 ? test.size() : Math.min(ppo.evalPrompts(), test.size());
    Evaluator evaluator = new Evaluator(test.subList(0, evaluated), tokenizer, evaluationSampling(recipe),
        ppo.scoreBatchSize(), context.task());
    PromptSchedule prompts = new PromptSchedule(inputs.trainPrompts(), ppo.promptsPerIteration(), recipe.seed());
    PpoSchedule schedule = new PpoSchedule(ppo.iterations(), ppo.sampling(recipe.seed()), ppo.scoreBatchSize(),
        ppo.evalSteps());
    try (PpoObserver observer = new PpoObserver(context, evaluator, tokenizer)) {
      CheckpointPlan checkpoints = new CheckpointPlan(context.run().checkpoints().resolve("ppo"), "ppo",
          ppo.saveSteps(), ppo.saveTotalLimit());
      Map<RoleName, RoleModel> models = models(context, inputs, policy, reward, scoring);
      PpoRunSpec spec = new PpoRunSpec(recipe.name(), recipe.hash(), models, schedule, prompts,
          experience(ppo, tokenizer), checkpoints, observer, placement, CallDeadlines.of(recipe.cluster()),
          new Fence(context.lease().run(), context.lease().epoch()));
      if (!PpoRun.execute(spec, stopper)) {
        throw new StoppedEarly();
      }
      models.forEach((role, start) -> {
        Path saved = context.run().finalModel(role.name().toLowerCase(Locale.ROOT));
        AdapterBase.name(saved, start.modelDirectory());
        AdapterBase.name(saved.resolve("ema"), start.modelDirectory());
      });
      AdapterBase.name(context.run().finalModel(PpoObserver.BEST_ACTOR), policy);
      return observer.report();
    }
  }

  /** How responses become experience; what {@code required_format} reads is what a reader sees. */
  static ExperienceOptions experience(PpoConfig ppo, Tokenizer tokenizer) {
    StopRules stop = ppo.sampling(0).stop();
    return ppo.experience(rollout -> ResponseText.of(rollout, tokenizer, stop));
  }

  /** The roles that a recipe needs. */
  static Set<RoleName> roles(RecipeConfig recipe) {
    return recipe.ppo().usesCritic() ? EnumSet.allOf(RoleName.class)
        : EnumSet.complementOf(EnumSet.of(RoleName.CRITIC));
  }

  private static Map<RoleName, RoleModel> models(RunContext context, PpoInputs inputs, Path policy,
      Optional<Path> reward, InferencePrecision scoring) {
    RecipeConfig recipe = context.recipe();
    RecipeConfig told = recipe.withRewards(PpoRewards.of(recipe, context.data()).specs());
    String settings = Roles.settings(told, scoring);
    Map<RoleName, RoleModel> models = new EnumMap<>(RoleName.class);
    for (RoleName role : roles(recipe)) {
      models.put(role, new RoleModel(switch (role) {
        case ACTOR, REFERENCE -> policy;
        // Rewards of a list bring their own models; what their role needs is the policy's tokenizer.
        case REWARD -> reward.orElse(policy);
        case CRITIC -> reward.filter(trained -> recipe.ppo().critic().initFrom() != CriticStart.POLICY)
            .or(() -> CriticOrigin.of(recipe, inputs.tokenizer()).model())
            .orElseGet(() -> criticFrom(context, inputs.tokenizer(), policy));
      }, role == RoleName.ACTOR ? Roles.actorSettings(recipe, scoring, inputs.demonstrations()) : settings));
    }
    return models;
  }

  /** A model directory with the policy's backbone and a head that says 0, as if nothing were known. */
  private static Path criticFrom(RunContext context, Tokenizer tokenizer, Path policy) {
    Path directory = context.stage("critic");
    try (ScalarModel model = ScalarModel.withNewHead(policy, 0, context.recipe().seed())) {
      AtomicFiles.writeDirectory(directory, target -> {
        tokenizer.copyTo(target);
        model.save(target);
      });
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory, e);
    }
  }

  /** One answer a prompt, with the training temperature and random numbers of its own. */
  private static SamplingOptions evaluationSampling(RecipeConfig recipe) {
    return recipe.ppo().sampling(0).withSamples(1, recipe.seed() + 1);
  }
}
