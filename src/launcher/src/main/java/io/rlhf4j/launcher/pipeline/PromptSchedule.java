package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.data.Batches;
import io.rlhf4j.launcher.ppo.PromptSource;
import io.rlhf4j.rl.PromptRequest;
import java.util.List;

/**
 * Goes through the training prompts in a new seeded order each pass; the prompts of a step depend on the step alone.
 */
public final class PromptSchedule implements PromptSource {

  private final List<PromptRequest> prompts;
  private final int perIteration;
  private final long seed;

  /**
   * @param prompts read when their iteration comes; must not change
   * @throws InputException if one iteration asks for more prompts than there are
   */
  public PromptSchedule(List<PromptRequest> prompts, int perIteration, long seed) {
    if (perIteration > prompts.size()) {
      throw InputException.key("ppo.prompts_per_iteration",
          "is " + perIteration + ", must be at most the " + prompts.size() + " usable prompts of data.prompts_train");
    }
    this.prompts = prompts;
    this.perIteration = perIteration;
    this.seed = seed;
  }

  @Override
  public List<PromptRequest> prompts(long step) {
    int iterationsPerPass = prompts.size() / perIteration;
    int pass = Math.toIntExact(step / iterationsPerPass);
    int iteration = Math.toIntExact(step % iterationsPerPass);
    return Batches.pass(prompts, seed, pass, perIteration).get(iteration);
  }
}
