package io.rlhf4j.launcher.bench;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.StepListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Next-token training with AdamW on sequences of mixed lengths, as {@code rlhf sft} does it. */
final class TrainingBench {

  private static final int SHORTEST = 32;
  private static final int LONGEST = 730;
  private static final int MOST_STEPS = 30;

  private final CausalModel model;
  private final List<MaskedTokens> batch;
  private final int tokens;

  /** @param lengths of the sequences of one optimiser step, tokens */
  TrainingBench(CausalModel model, int[] lengths) {
    this.model = model;
    this.batch = batch(model.backbone().config(), lengths);
    this.tokens = batch.stream().mapToInt(MaskedTokens::length).sum();
  }

  private static List<MaskedTokens> batch(DecoderShape shape, int[] lengths) {
    Random random = new Random(11);
    List<MaskedTokens> batch = new ArrayList<>();
    for (int wanted : lengths) {
      int length = Math.min(wanted, shape.maxPositions());
      boolean[] trained = new boolean[length];
      Arrays.fill(trained, 1, length, true);
      batch.add(new MaskedTokens(random.ints(length, 0, shape.vocabSize()).toArray(), trained));
    }
    return batch;
  }

  /** Lengths that add up to about this many tokens, evenly spread on a logarithmic scale, as those of chats are. */
  static int[] lengths(int tokens) {
    Random random = new Random(11);
    IntStream.Builder lengths = IntStream.builder();
    for (int total = 0; total < tokens;) {
      int length = (int) (SHORTEST * Math.pow((double) LONGEST / SHORTEST, random.nextDouble()));
      lengths.add(length);
      total += length;
    }
    return lengths.build().toArray();
  }

  /** Tokens of one optimiser step. */
  int tokensPerStep() {
    return tokens;
  }

  Measured run(double seconds) {
    double first = Measured.median(steps(2), Measured.Round::seconds);
    List<Measured.Round> rounds = steps(1 + (int) Math.clamp(seconds / first, 1, MOST_STEPS));
    return Measured.of(rounds);
  }

  /** The first step of a run also makes room for the optimiser and does not count. */
  private List<Measured.Round> steps(int count) {
    List<Measured.Round> rounds = new ArrayList<>();
    long[] start = {System.nanoTime()};
    MachineLimits[] limits = {MachineLimits.measure()};
    train(count, (step, total, trained, metrics) -> {
      double taken = (System.nanoTime() - start[0]) * 1e-9;
      if (step > 1) {
        rounds.add(new Measured.Round(tokens, taken, flops() / limits[0].flopsPerSecond()));
      }
      limits[0] = MachineLimits.measure();
      start[0] = System.nanoTime();
    });
    return rounds;
  }

  /** Trains on the same batch so many times. */
  void train(int steps, StepListener listener) {
    SftConfig config = RecipeConfig.parse("""
        sft: {epochs: %d, batch_size: %d, micro_batch_tokens: 16384, learning_rate: 1.0e-5}
        """.formatted(steps, batch.size())).sft();
    new SftTrainer(model, config, 17).train(batch, listener);
  }

  /** Backward costs twice the forward. */
  private double flops() {
    double forward = 2.0 * BenchModel.multiplied(model) * tokens + BenchModel
        .attentionFlops(model.backbone().config(), batch.stream().mapToInt(MaskedTokens::length).toArray());
    return 3 * forward;
  }
}
