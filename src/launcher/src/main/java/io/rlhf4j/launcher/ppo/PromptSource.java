package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.PromptRequest;
import java.util.List;

/** Chooses the prompts of an iteration. */
@FunctionalInterface
public interface PromptSource {

  /** A function of {@code step} alone; every prompt id at most once. */
  List<PromptRequest> prompts(long step);
}
