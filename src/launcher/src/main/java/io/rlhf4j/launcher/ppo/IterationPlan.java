package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rpc.RoleName;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one iteration is to do.
 *
 * @param step PPO iteration, from 0
 * @param prompts each prompt id at most once, because rollouts are told apart by it
 * @param sampling how responses are drawn
 * @param scoreBatchSize rollouts that are scored in one call, rounded up to all samples of whole prompts: rewards that
 *     compare need them together
 * @param roles that take part: all four, or all but the critic
 */
public record IterationPlan(long step, List<PromptRequest> prompts, SamplingOptions sampling, int scoreBatchSize,
    Set<RoleName> roles) {

  public IterationPlan {
    prompts = List.copyOf(prompts);
    roles = Collections.unmodifiableSet(EnumSet.copyOf(roles));
    if (prompts.isEmpty() || scoreBatchSize < 1) {
      throw new IllegalArgumentException("iteration " + step + " needs prompts and a positive score batch size");
    }
    int samples = sampling.samplesPerPrompt();
    scoreBatchSize = Math.ceilDiv(scoreBatchSize, samples) * samples;
    Set<Long> ids = new HashSet<>();
    for (PromptRequest prompt : prompts) {
      if (!ids.add(prompt.promptId())) {
        throw new IllegalArgumentException("iteration " + step + " has prompt " + prompt.promptId() + " twice");
      }
    }
  }

  /** Roles that learn: the actor, and the critic if there is one. */
  public Set<RoleName> learners() {
    Set<RoleName> learners = EnumSet.of(RoleName.ACTOR, RoleName.CRITIC);
    learners.retainAll(roles);
    return learners;
  }

  /** Rollouts that the actor has to deliver. */
  public int rollouts() {
    return prompts.size() * sampling.samplesPerPrompt();
  }

  /** Whether the actor was asked for the rollout with this key. */
  boolean asksFor(RolloutKey key) {
    return key.step() == step && key.sampleIndex() >= 0 && key.sampleIndex() < sampling.samplesPerPrompt()
        && prompts.stream().anyMatch(prompt -> prompt.promptId() == key.promptId());
  }

  /** Calls that score them all, for each role. */
  public int chunks() {
    return (rollouts() + scoreBatchSize - 1) / scoreBatchSize;
  }

  /** Temperature of log-probs; greedy sampling has none of its own, so the plain distribution is meant. */
  public double logProbTemperature() {
    return sampling.temperature() > 0 ? sampling.temperature() : 1;
  }
}
