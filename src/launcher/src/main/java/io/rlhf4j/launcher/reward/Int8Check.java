package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.reward.PairAgreement;
import io.rlhf4j.reward.eval.Benchmark;
import io.rlhf4j.reward.eval.JudgedPair;
import io.rlhf4j.reward.kind.Rewards;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Whether rewards may score with 8-bit matrices: only where that hardly changes what they prefer. */
final class Int8Check {

  /** Enough to tell 99 % from 98 %. */
  private static final int PAIRS = 1000;
  private static final int WINDOW = 64;

  private Int8Check() {}

  /**
   * Scores the first pairs of a file both ways.
   *
   * @param news told what was measured
   * @throws InputException if nothing in the list has a score head
   */
  static InferencePrecision choose(List<RewardSpec> specs, Path file, Consumer<String> news) {
    if (specs.stream().noneMatch(Int8Check::hasHead)) {
      throw InputException.key("--precision", "is int8, must be fp32: no reward of the list is of kind sequence");
    }
    Benchmark all = Benchmark.read(file);
    Benchmark some = new Benchmark(all.rows().subList(0, Math.min(PAIRS, all.rows().size())), all.skipped());
    PairAgreement agreement = PairAgreement.of(scores(specs, some, InferencePrecision.FP32),
        scores(specs, some, InferencePrecision.INT8));
    news.accept("--precision: " + agreement.toText() + (agreement.allowsInt8() ? "; scores are computed in INT8"
        : ", fewer than 99 %; scores stay in fp32"));
    return agreement.allowsInt8() ? InferencePrecision.INT8 : InferencePrecision.FP32;
  }

  private static boolean hasHead(RewardSpec spec) {
    return spec instanceof RewardSpec.Sequence
        || spec instanceof RewardSpec.Ensemble ensemble && ensemble.members().stream().anyMatch(Int8Check::hasHead);
  }

  /** Of chosen and rejected answers in turn. */
  private static float[] scores(List<RewardSpec> specs, Benchmark pairs, InferencePrecision precision) {
    try (Rewards rewards = Rewards.open(specs, precision)) {
      List<JudgedPair> judged = pairs.judge(rewards, WINDOW, done -> {});
      float[] scores = new float[2 * judged.size()];
      for (int i = 0; i < judged.size(); i++) {
        scores[2 * i] = (float) judged.get(i).chosen();
        scores[2 * i + 1] = (float) judged.get(i).rejected();
      }
      return scores;
    }
  }
}
