package io.rlhf4j.launcher.bench;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.generate.GenerationStats;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Sampling at several batch sizes from distinct prompts, no stop, so that every answer has the same length. */
final class GenerationBench {

  private static final int PROMPT_TOKENS = 16;
  private static final int MOST_ROUNDS = 30;
  private static final double WARM_UP_SECONDS = 1;

  private final CausalModel model;
  private final int newTokens;

  GenerationBench(CausalModel model, int newTokens) {
    this.model = model;
    this.newTokens = newTokens;
  }

  /**
   * Results at one batch size.
   *
   * @param int8 null if INT8 was not measured
   */
  record AtBatch(int batch, Measured fp32, @Nullable Int8 int8) {}

  /**
   * INT8 beside fp32, round by round.
   *
   * @param speedup median of the rounds' ratios of time
   */
  record Int8(double tokensPerSecond, double speedup) {}

  List<AtBatch> run(int[] batches, double seconds, boolean withInt8) {
    List<AtBatch> results = new ArrayList<>();
    try (InferenceWeights exact = InferenceWeights.of(model, InferencePrecision.FP32)) {
      if (!withInt8) {
        for (int batch : batches) {
          results.add(new AtBatch(batch, Measured.of(rounds(exact, exact, batch, seconds, false).exact()), null));
        }
        return results;
      }
      try (InferenceWeights rounded = InferenceWeights.of(model, InferencePrecision.INT8)) {
        for (int batch : batches) {
          results.add(compared(batch, rounds(exact, rounded, batch, seconds, true)));
        }
      }
    }
    return results;
  }

  private record Rounds(List<Measured.Round> exact, List<Measured.Round> rounded) {}

  private static AtBatch compared(int batch, Rounds rounds) {
    double speedup = Measured.median(IntStream.range(0, rounds.exact().size()).boxed().toList(),
        i -> rounds.exact().get(i).seconds() / rounds.rounded().get(i).seconds());
    return new AtBatch(batch, Measured.of(rounds.exact()),
        new Int8(Measured.of(rounds.rounded()).tokensPerSecond(), speedup));
  }

  private Rounds rounds(InferenceWeights exact, InferenceWeights rounded, int batch, double seconds, boolean both) {
    Rounds rounds = new Rounds(new ArrayList<>(), new ArrayList<>());
    warmUp(exact, batch);
    if (both) {
      warmUp(rounded, batch);
    }
    long start = System.nanoTime();
    do {
      double limit = limitSeconds(MachineLimits.measure(), batch);
      rounds.exact().add(round(once(exact, batch), limit));
      if (both) {
        rounds.rounded().add(round(once(rounded, batch), limit));
      }
    } while ((System.nanoTime() - start) * 1e-9 < seconds && rounds.exact().size() < MOST_ROUNDS);
    return rounds;
  }

  /** Java compiles what runs between the steps while it runs; a sampler is at work for far longer than this. */
  private void warmUp(InferenceWeights weights, int batch) {
    long start = System.nanoTime();
    do {
      once(weights, batch);
    } while ((System.nanoTime() - start) * 1e-9 < WARM_UP_SECONDS);
  }

  private static Measured.Round round(GenerationStats stats, double limit) {
    return new Measured.Round(stats.generatedTokens(), stats.seconds(), limit);
  }

  GenerationStats once(InferenceWeights weights, int batch) {
    Random random = new Random(3);
    List<PromptRequest> prompts = IntStream.range(0, batch)
        .mapToObj(i -> new PromptRequest(i,
            random.ints(PROMPT_TOKENS, 0, model.backbone().config().vocabSize()).toArray()))
        .toList();
    SamplingOptions options = new SamplingOptions(1, 1, 0, 0, newTokens, 1, 17);
    return new RolloutGenerator(batch).generate(weights, 0, 0, prompts, options, TurnEnd.ofTokens(), rollout -> {});
  }

  /** Every step reads all matrices once and multiplies them with a row for each sample; caches and norms are free. */
  private double limitSeconds(MachineLimits limits, int batch) {
    double prompts = limits.seconds(2.0 * BenchModel.layers(model) * PROMPT_TOKENS * batch
        + 2.0 * model.projection().count() * batch, 4.0 * BenchModel.multiplied(model));
    double step =
        limits.seconds(2.0 * BenchModel.multiplied(model) * batch, 4.0 * BenchModel.multiplied(model));
    return prompts + (newTokens - 1) * step;
  }
}
