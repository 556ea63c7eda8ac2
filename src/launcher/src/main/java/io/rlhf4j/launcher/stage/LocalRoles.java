package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.launcher.ppo.RoleFactories;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rpc.RoleFactory;
import java.nio.file.Path;

/**
 * Roles as plain objects in this JVM, without cluster and network.
 *
 * @param recipe settings of the roles
 */
public record LocalRoles(RecipeConfig recipe) implements StageRoles {

  private static final RoleFactories FACTORIES = Roles.factories();

  @Override
  public ActorRole actor(Path model) {
    return create(FACTORIES.actor(), model, Roles.samplingSettings(recipe));
  }

  @Override
  public AnswersRole rewards(RewardSource source, Path tokenizer) {
    return (AnswersRole) create(FACTORIES.reward(), source.directory(tokenizer), source.settings(recipe));
  }

  @Override
  public ReferenceRole reference(Path model, int microBatchTokens) {
    return create(FACTORIES.reference(), model, Roles.referenceSettings(recipe, microBatchTokens));
  }

  private static <R extends AutoCloseable> R create(RoleFactory<R> factory, Path model, String settings) {
    try {
      return factory.create(model, settings);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e.toString(), e);
    }
  }
}
