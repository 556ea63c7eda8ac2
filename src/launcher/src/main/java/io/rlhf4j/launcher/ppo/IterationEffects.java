package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ExperienceStep;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.rpc.RoleName;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Carries out the commands of an iteration. Each role has a lane of its own, in which calls wait for each other; lanes
 * run side by side. Results go to {@code events}, from the lanes' threads.
 */
public final class IterationEffects implements AutoCloseable {

  private final Crew crew;
  private final ExperienceStep experience;
  private final Consumer<IterationEvent> events;
  private final Map<RoleName, ExecutorService> lanes = new EnumMap<>(RoleName.class);

  public IterationEffects(Crew crew, ExperienceStep experience, Consumer<IterationEvent> events) {
    this.crew = crew;
    this.experience = experience;
    this.events = events;
    for (RoleName role : RoleName.values()) {
      lanes.put(role, Executors.newSingleThreadExecutor(Thread.ofVirtual().name("lane-" + role.label()).factory()));
    }
  }

  /** Starts {@code command} and returns. */
  public void start(IterationCommand command) {
    switch (command) {
      case IterationCommand.Generate(var plan) -> run(RoleName.ACTOR, plan.step(), () -> generate(plan));
      case IterationCommand.Score(var plan, int chunk, var rollouts, var asked) ->
          score(plan, chunk, rollouts, asked);
      case IterationCommand.Replace(long step, var role) -> run(role, step, () -> {
        crew.replace(role);
        events.accept(new IterationEvent.RoleBack(step, role));
      });
      // The critic is idle now, and its lane keeps this work in order with the update that follows.
      case IterationCommand.MakeExperience(long step, var scored) -> run(RoleName.CRITIC, step,
          () -> events.accept(new IterationEvent.ExperienceMade(step, experience.make(step, scored))));
      case IterationCommand.Update(long step, var learners, var batch) -> {
        for (RoleName learner : learners) {
          run(learner, step, () -> events.accept(
              new IterationEvent.Updated(step, learner, update(learner, step, batch))));
        }
      }
    }
  }

  private void generate(IterationPlan plan) {
    crew.actor().generate(plan.step(), plan.prompts(), plan.sampling(),
        rollout -> events.accept(new IterationEvent.RolloutArrived(plan.step(), rollout)));
    events.accept(new IterationEvent.GenerationEnded(plan.step()));
  }

  private void score(IterationPlan plan, int chunk, List<Rollout> rollouts, Set<RoleName> asked) {
    List<TokenSequence> sequences = rollouts.stream().map(Rollout::sequence).toList();
    for (RoleName role : asked) {
      run(role, plan.step(), () -> events.accept(new IterationEvent.ChunkScored(plan.step(), chunk, role,
          rows(role, sequences, plan.logProbTemperature()))));
    }
  }

  private List<float[]> rows(RoleName role, List<TokenSequence> sequences, double temperature) {
    return switch (role) {
      case ACTOR -> crew.actor().logProbs(sequences, temperature);
      case CRITIC -> crew.critic().values(sequences);
      case REFERENCE -> crew.reference().logProbs(sequences, temperature);
      case REWARD -> {
        List<float[]> rows = new ArrayList<>(sequences.size());
        for (float score : crew.reward().score(sequences)) {
          rows.add(new float[] {score});
        }
        yield rows;
      }
    };
  }

  private Map<String, Double> update(RoleName learner, long step, List<Experience> batch) {
    return learner == RoleName.ACTOR ? crew.actor().update(step, batch)
        : crew.critic().update(step, batch);
  }

  private void run(RoleName lane, long step, Runnable work) {
    lanes.get(lane).execute(() -> {
      try {
        work.run();
      } catch (RoleException e) {
        events.accept(e.isLost() ? new IterationEvent.RoleLost(step, lane, e) : new IterationEvent.CallFailed(step, e));
      } catch (RuntimeException e) {
        events.accept(new IterationEvent.CallFailed(step, e));
      } catch (Error e) {
        events.accept(new IterationEvent.CallFailed(step, new IllegalStateException(e.toString(), e)));
        throw e;
      }
    });
  }

  /** Interrupts whatever is still running. */
  @Override
  public void close() {
    lanes.values().forEach(ExecutorService::shutdownNow);
  }
}
