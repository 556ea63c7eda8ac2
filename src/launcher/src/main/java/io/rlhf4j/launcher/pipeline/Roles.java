package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.actor.PpoActor;
import io.rlhf4j.actor.SamplingActor;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.critic.PpoCritic;
import io.rlhf4j.launcher.ppo.RoleFactories;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.SaveFormat;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reference.FrozenReference;
import io.rlhf4j.reward.FiniteScores;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.reward.ScoredAtTurnEnd;
import io.rlhf4j.reward.kind.RewardsRole;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.tensor.Device;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Builds the four roles from a model directory and the recipe, wherever they are hosted. */
public final class Roles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RECIPE = "recipe";
  private static final String SCORING = "scoring";
  private static final String SAMPLES_ONLY = "samples_only";
  private static final String ANSWERS = "answers";
  private static final String CHAT_TEMPLATE = "chat_template";
  private static final String TRAINED_WEIGHT = "trained_weight";
  private static final String MICRO_BATCH_TOKENS = "micro_batch_tokens";
  /** Tokens that a reward model which was trained on the way reads in one forward pass. */
  private static final int SCORED_TOKENS = 16_384;

  private Roles() {}

  /**
   * The settings that a role is sent: the whole recipe, so that all roles agree.
   *
   * @param scoring in which numbers the reward model scores; what the recipe asks for was measured before
   */
  public static String settings(RecipeConfig recipe, InferencePrecision scoring) {
    return base(recipe, scoring).toString();
  }

  /** The same for the actor, with the SFT examples that it imitates if the recipe says so. */
  static String actorSettings(RecipeConfig recipe, InferencePrecision scoring, List<MaskedTokens> demonstrations) {
    ObjectNode settings = base(recipe, scoring);
    if (recipe.ppo().policy().ptxCoef() > 0) {
      Demonstrations.put(settings, demonstrations, recipe.seed());
    }
    return settings.toString();
  }

  /** Settings of an actor that samples and never learns. */
  public static String samplingSettings(RecipeConfig recipe) {
    return withTemplate(recipe, base(recipe, InferencePrecision.FP32).put(SAMPLES_ONLY, true)).toString();
  }

  /** Settings of a reference that computes so many tokens at once. */
  public static String referenceSettings(RecipeConfig recipe, int microBatchTokens) {
    return base(recipe, InferencePrecision.FP32).put(MICRO_BATCH_TOKENS, microBatchTokens).toString();
  }

  /**
   * Settings of a reward role that scores answers as texts.
   *
   * @param rewards that score; may be empty if the model in the role's directory does
   * @param trainedWeight weight of that model in the sum; null where the directory is there for its tokenizer only
   */
  public static String answerSettings(RecipeConfig recipe, List<RewardSpec> rewards, @Nullable Double trainedWeight) {
    ObjectNode settings =
        withTemplate(recipe, base(recipe.withRewards(rewards), InferencePrecision.FP32).put(ANSWERS, true));
    if (trainedWeight != null) {
      settings.put(TRAINED_WEIGHT, trainedWeight);
    }
    return settings.toString();
  }

  /** The text and not its file, which another node need not have. */
  private static ObjectNode withTemplate(RecipeConfig recipe, ObjectNode settings) {
    RecipeTokenizer.template(recipe).ifPresent(source -> settings.put(CHAT_TEMPLATE, source));
    return settings;
  }

  private static Tokenizer tokenizer(JsonNode settings, Path directory) {
    return RecipeTokenizer.load(Optional.ofNullable(settings.path(CHAT_TEMPLATE).textValue()), directory);
  }

  private static ObjectNode base(RecipeConfig recipe, InferencePrecision scoring) {
    return JSON.createObjectNode().put(RECIPE, withKnownDtype(recipe).resolvedYaml()).put(SCORING, scoring.name());
  }

  /** Another machine may lack the files of {@code model.path}, and what a role starts from is fp32. */
  private static RecipeConfig withKnownDtype(RecipeConfig recipe) {
    ModelConfig model = recipe.model();
    return model.saveDtype() != SaveDtype.AUTO ? recipe : recipe.withModel(model.withSaveDtype(
        model.path() == null ? SaveDtype.FLOAT32 : SaveFormat.dtype(SaveDtype.AUTO, model.path())));
  }

  /** What is told the recipe of a run before a role is built for it, on the thread on which that role computes. */
  @FunctionalInterface
  public interface Setup {

    /** May give the thread a device. */
    void before(RoleName role, RecipeConfig recipe);
  }

  /** Factories for this JVM, whose thread budget stays as it is; the devices are those of the recipe. */
  public static RoleFactories factories() {
    return factories((role, recipe) -> device(role, recipe).use());
  }

  /** The device that the recipe names for a role; an error line if this machine lacks it. */
  public static Device device(RoleName role, RecipeConfig recipe) {
    return Device.named("devices." + role.label(), recipe.devices().of(role.label()));
  }

  /** @param first decides what a role computes on */
  public static RoleFactories factories(Setup first) {
    return new RoleFactories((directory, settings) -> {
      RecipeConfig recipe = recipe(settings, RoleName.ACTOR, first);
      if (JSON.readTree(settings).path(SAMPLES_ONLY).asBoolean()) {
        return new SamplingActor(ModelSetup.frozen(CausalModel.load(directory), recipe.model()),
            tokenizer(JSON.readTree(settings), directory), recipe.ppo());
      }
      PpoActor actor = PpoActor.open(directory,
          ModelSetup.forTraining(CausalModel.load(directory), recipe.model(), recipe.seed()), recipe.ppo(),
          recipe.seed());
      actor.mixIn(Demonstrations.in(JSON.readTree(settings)));
      return actor;
    }, (directory, settings) -> {
      RecipeConfig recipe = recipe(settings, RoleName.CRITIC, first);
      return PpoCritic.open(directory,
          ModelSetup.forTraining(ScalarModel.load(directory), recipe.model(), recipe.seed()), recipe.ppo(),
          recipe.seed());
    }, (directory, settings) -> {
      RecipeConfig recipe = recipe(settings, RoleName.REWARD, first);
      JsonNode keys = JSON.readTree(settings);
      StopRules stop = recipe.ppo().sampling(recipe.seed()).stop();
      if (keys.path(ANSWERS).asBoolean()) {
        return RewardsRole.open(answerRewards(recipe, keys, directory), tokenizer(keys, directory), stop);
      }
      if (!recipe.rewards().isEmpty()) {
        return RewardsRole.open(recipe.rewards(), Tokenizer.load(directory), stop);
      }
      InferencePrecision precision = InferencePrecision.valueOf(keys.path(SCORING).asText("FP32"));
      RewardModelScorer model =
          RewardModelScorer.load(directory, recipe.ppo().microBatchTokens(), false, precision);
      return new FiniteScores(ScoredAtTurnEnd.open(model, directory, stop), directory);
    }, (directory, settings) -> {
      RecipeConfig recipe = recipe(settings, RoleName.REFERENCE, first);
      return new FrozenReference(ModelSetup.frozen(CausalModel.load(directory), recipe.model()),
          JSON.readTree(settings).path(MICRO_BATCH_TOKENS).asInt(recipe.ppo().microBatchTokens()));
    });
  }

  private static List<RewardSpec> answerRewards(RecipeConfig recipe, JsonNode keys, Path directory) {
    List<RewardSpec> rewards = new ArrayList<>(recipe.rewards());
    if (keys.has(TRAINED_WEIGHT)) {
      rewards.add(new RewardSpec.Sequence(keys.path(TRAINED_WEIGHT).asDouble(), directory, false, SCORED_TOKENS));
    }
    return rewards;
  }

  private static RecipeConfig recipe(String settings, RoleName role, Setup first) throws JsonProcessingException {
    RecipeConfig recipe = RecipeConfig.parse(JSON.readTree(settings).path(RECIPE).asText());
    first.before(role, recipe);
    return recipe;
  }
}
