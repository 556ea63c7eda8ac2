package io.rlhf4j.launcher.ppo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.rl.ShapingState;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.train.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The states of a run to which it can go back: what learning changes in actor and critic, the state of reward shaping,
 * and what the hooks remember. Everything else is a function of recipe and step.
 *
 * <pre>
 * step-N/actor/   model, optimiser and policy version     none in the commit before the first iteration,
 * step-N/critic/  model and optimiser                     whose roles start from the models of the run
 * step-N/hooks/   whatever the hooks wrote
 * </pre>
 */
public final class Commits {

  private static final String SHAPING = "shaping";
  private static final String RUN = "run";

  private final CheckpointPlan plan;
  private final CheckpointStore store;

  /** @param plan where and how often */
  public Commits(CheckpointPlan plan) {
    this.plan = plan;
    this.store = new CheckpointStore(plan.directory(), plan.keep());
  }

  /**
   * A state to go on from.
   *
   * @param finished iterations behind it
   * @param shaping state of reward shaping
   * @param models what each role starts from
   * @param hooks what the hooks wrote
   */
  public record Commit(int finished, ShapingState shaping, Map<RoleName, RoleModel> models, Path hooks) {}

  /** Whether a commit is due after this many finished iterations. */
  public boolean isDue(int finished) {
    return finished == 0 || plan.every() > 0 && finished % plan.every() == 0;
  }

  /** Writes what the roles hold now. */
  public void write(int finished, ShapingState shaping, RoleSet roles, PpoHooks hooks) {
    ObjectNode notes = JsonNodeFactory.instance.objectNode().put(RUN, plan.run());
    notes.set(SHAPING, StateJson.write(shaping));
    store.write(finished, notes, directory -> {
      if (finished > 0) {
        roles.actor().checkpoint(directory.resolve(RoleName.ACTOR.label()));
        if (roles.critic() != null) {
          roles.critic().checkpoint(directory.resolve(RoleName.CRITIC.label()));
        }
      }
      hooks.save(Files.createDirectories(directory.resolve("hooks")));
    });
  }

  /**
   * The newest commit whose files are undamaged.
   *
   * @param start what the roles start from in a new run
   */
  public Optional<Commit> latest(Map<RoleName, RoleModel> start) {
    return store.latest().filter(found -> found.progress().path(RUN).asText().equals(plan.run())).map(found -> {
      Map<RoleName, RoleModel> models = new EnumMap<>(start);
      for (RoleName role : new RoleName[] {RoleName.ACTOR, RoleName.CRITIC}) {
        Path stored = found.file(role.label());
        if (Files.isDirectory(stored)) {
          models.put(role, new RoleModel(stored, start.get(role).settingsJson()));
        }
      }
      return new Commit(Math.toIntExact(found.step()), StateJson.read(found.progress().path(SHAPING)), models,
          found.file("hooks"));
    });
  }
}
