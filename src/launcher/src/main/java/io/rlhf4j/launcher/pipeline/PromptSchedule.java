package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.data.Batches;
import io.rlhf4j.launcher.ppo.PromptSource;
import io.rlhf4j.rl.PromptRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the training prompts in a new seeded order each pass; the prompts of a step depend on the step alone.
 */
public final class PromptSchedule implements PromptSource {

  private final List<PromptRequest> prompts;
  private final int perIteration;
  private final long seed;
  private @Nullable Pass latest;

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

  /** The order of a pass is kept until the next one: to make that of many prompts takes a while. */
  private record Pass(int number, List<List<PromptRequest>> batches) {}

  @Override
  public synchronized List<PromptRequest> prompts(long step) {
    int iterationsPerPass = prompts.size() / perIteration;
    int pass = Math.toIntExact(step / iterationsPerPass);
    int iteration = Math.toIntExact(step % iterationsPerPass);
    Pass known = latest;
    if (known == null || known.number() != pass) {
      known = new Pass(pass, Batches.pass(prompts, seed, pass, perIteration));
      latest = known;
    }
    return known.batches().get(iteration);
  }
}
