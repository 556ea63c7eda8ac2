package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.MicroBatchConfig;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.train.StageCheckpoints;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Decides how many tokens a forward pass of a stage has. */
public final class MicroBatches {

  private MicroBatches() {}

  /**
   * What the configuration says, or what is found to fit. A stage that goes on after an interruption keeps what it had:
   * other micro-batches would round otherwise.
   *
   * @param probe asked if the configuration wants it and nothing is known yet
   * @param news told what was found
   */
  public static int tokens(MicroBatchConfig config, StageCheckpoints checkpoints, Supplier<MicroBatchProbe> probe,
      Consumer<String> news) {
    if (!config.autoFindBatchSize()) {
      return config.microBatchTokens();
    }
    return checkpoints.settled("micro_batch_tokens", () -> {
      MicroBatchProbe found = probe.get();
      news.accept(found.note());
      return found.tokens();
    });
  }
}
