package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.launcher.ppo.Crew;
import io.rlhf4j.launcher.ppo.RoleModel;
import io.rlhf4j.launcher.stage.RewardSource;
import io.rlhf4j.launcher.stage.StageRoles;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.rpc.RoleName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role services of a cluster, as PPO has them. Each is sent the model that a stage needs. A call that loses its
 * role is made again once another node, or the same one, has the model: a call is a function of its arguments, so the
 * answer is the same.
 *
 * @param recipe settings of the roles
 * @param crew finds the roles
 * @param news told what was lost and found
 */
record ClusterRoles(RecipeConfig recipe, Crew crew, Consumer<String> news) implements StageRoles {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterRoles.class);

  /** Losses of one call before it is given up. */
  private static final int MOST_LOSSES = 10;

  @Override
  public ActorRole actor(Path model) {
    crew.assign(RoleName.ACTOR, new RoleModel(model, Roles.samplingSettings(recipe)));
    return new Sampler();
  }

  @Override
  public AnswersRole rewards(RewardSource source, Path tokenizer) {
    crew.assign(RoleName.REWARD, new RoleModel(source.directory(tokenizer), source.settings(recipe)));
    return new Scorer();
  }

  @Override
  public ReferenceRole reference(Path model, int microBatchTokens) {
    crew.assign(RoleName.REFERENCE, new RoleModel(model, Roles.referenceSettings(recipe, microBatchTokens)));
    return new Reference();
  }

  private <T> T ask(RoleName role, Supplier<T> call) {
    for (int losses = 1;; losses++) {
      try {
        return call.get();
      } catch (RoleException e) {
        if (!e.isLost() || losses > MOST_LOSSES) {
          throw e;
        }
        LOG.warn("{}; waiting for another", e.getMessage());
        news.accept(e.getMessage() + "; waiting for another");
        crew.replace(role);
        news.accept("the " + role.label() + " is back, the stage goes on");
      }
    }
  }

  /** Samples in windows: what a window had before the actor was lost is sampled again. */
  private final class Sampler implements ActorRole {

    @Override
    public void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink) {
      ask(RoleName.ACTOR, () -> {
        List<Rollout> rollouts = new ArrayList<>();
        crew.actor().generate(step, prompts, options, rollouts::add);
        return rollouts;
      }).forEach(sink);
    }

    @Override
    public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
      return ask(RoleName.ACTOR, () -> crew.actor().logProbs(sequences, temperature));
    }

    @Override
    public Map<String, Double> update(long step, List<Experience> batch) {
      throw new IllegalStateException("stages train where they run");
    }

    @Override
    public void save(Path directory) {
      throw new IllegalStateException("stages train where they run");
    }

    @Override
    public void checkpoint(Path directory) {
      throw new IllegalStateException("stages train where they run");
    }

    @Override
    public void close() {
      // The role keeps its model until a stage brings another.
    }
  }

  private final class Scorer implements AnswersRole {

    @Override
    public Scored scoreAnswers(List<AnswerGroup> groups) {
      return ask(RoleName.REWARD, () -> crew.reward().scoreAnswers(groups));
    }

    @Override
    public float[] score(List<TokenSequence> sequences) {
      return ask(RoleName.REWARD, () -> crew.reward().score(sequences));
    }

    @Override
    public void close() {
      // As the actor's.
    }
  }

  private final class Reference implements ReferenceRole {

    @Override
    public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
      return ask(RoleName.REFERENCE, () -> crew.reference().logProbs(sequences, temperature));
    }

    @Override
    public void close() {
      // As the actor's.
    }
  }
}
