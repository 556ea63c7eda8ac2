package io.rlhf4j.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.Packs;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.train.Optimizer;
import io.rlhf4j.train.StageCheckpoints;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Trains a reward model on preference pairs. The same seed, data and settings give the same weights; the size of the
 * micro-batches changes them by rounding only. One thread at a time.
 *
 * <p>Pairs with the same prompt stay together, so that prompt and answers that occur in several of them are computed
 * once. Training on all comparisons of a prompt at the same time also overfits less (Ouyang et al., 2022, section 3.5).
 */
public final class RewardTrainer {

  /** Pairs in memory at once while all of them are measured. */
  private static final int EVALUATED_AT_ONCE = 8192;

  private final ScalarModel model;
  private final RewardConfig config;
  private final RewardLoss loss;
  private final long seed;
  private @Nullable PairBatches batches;

  /** The model stays the caller's. */
  public RewardTrainer(ScalarModel model, RewardConfig config, long seed) {
    this.model = model;
    this.config = config;
    this.loss = RewardLoss.of(config);
    this.seed = seed;
  }

  /** Optimiser steps that these pairs take. */
  public int totalSteps(PairSource train) {
    return batches(train).totalSteps();
  }

  /** Packs that these pairs make; empty if batches are made of pairs. */
  public Optional<Packs<Integer>> packs(PairSource train) {
    return batches(train).packs();
  }

  /** Those of the last pairs are kept: to pack and to group many takes a while. */
  private PairBatches batches(PairSource train) {
    PairBatches known = batches;
    if (known == null || known.pairs() != train) {
      known = new PairBatches(train, config, seed);
      batches = known;
    }
    return known;
  }

  /** As the other, without checkpoints. */
  public RewardEvaluation train(List<TokenizedPair> train, List<TokenizedPair> test, RewardTrainingListener listener) {
    return train(PairSource.of(train), PairSource.of(test), listener, StageCheckpoints.none());
  }

  /**
   * Trains from the newest checkpoint on, or from the beginning, and measures the result. Interrupted or not, the
   * weights end up the same to the last bit.
   *
   * @param train at least one pair
   * @param test pairs that only measure, at least one
   * @param checkpoints of this stage; the caller clears them when the result is safe
   * @return evaluation of the final weights on the test pairs
   */
  public RewardEvaluation train(PairSource train, PairSource test, RewardTrainingListener listener,
      StageCheckpoints checkpoints) {
    return train(train, test, Map.of(), listener, checkpoints);
  }

  /**
   * Like the other.
   *
   * @param testByPart positions of test pairs that are also measured by themselves, by the name of such a part
   */
  public RewardEvaluation train(PairSource train, PairSource test, Map<String, RowNumbers> testByPart,
      RewardTrainingListener listener, StageCheckpoints checkpoints) {
    return new TrainingLoop(model, config, seed)
        .run(new Pairs(batches(train), test, testByPart, listener), checkpoints);
  }

  /**
   * Reads pairs up to the first with a margin.
   *
   * @throws InputException if {@code use_margin} is asked for and none has one
   */
  public static void checkMargins(RewardConfig config, PairSource train) {
    if (config.useMargin() && train.asList().stream().allMatch(pair -> pair.margin() == 0)) {
      throw InputException.key("reward.use_margin", "is true, must be false where no row to learn from has a margin, or"
          + " data.fields must name its column");
    }
  }

  /** Pairs to learn from and pairs that measure. */
  private final class Pairs implements TrainingLoop.Lesson<PairBatches.Batch, RewardEvaluation> {

    private final PairBatches batches;
    private final PairSource test;
    private final Map<String, RowNumbers> testByPart;
    private final RewardTrainingListener listener;

    Pairs(PairBatches batches, PairSource test, Map<String, RowNumbers> testByPart, RewardTrainingListener listener) {
      this.batches = batches;
      this.test = test;
      this.testByPart = testByPart;
      this.listener = listener;
    }

    @Override
    public int stepsPerEpoch() {
      return batches.stepsPerEpoch();
    }

    @Override
    public int totalSteps() {
      return batches.totalSteps();
    }

    @Override
    public List<PairBatches.Batch> epoch(int epoch) {
      return batches.epoch(epoch);
    }

    @Override
    public void resumed(int step) {
      listener.resumed(step);
    }

    @Override
    public long step(Optimizer optimizer, PairBatches.Batch batch, TrainingLoop.At at) {
      RewardStep step = RewardTrainer.this.step(optimizer, batch, at);
      listener.stepped(step);
      return step.tokens();
    }

    @Override
    public TrainingLoop.Measured<RewardEvaluation> measure(int step) {
      List<PairScores> scores = scores(test);
      RewardEvaluation evaluation = RewardEvaluation.of(scores);
      double testLoss = loss.mean(scores, (from, count) -> margins(test.asList().subList(from, from + count)));
      listener.evaluated(step, evaluation, testLoss, byPart(scores));
      return new TrainingLoop.Measured<>(evaluation, switch (config.evaluation().metricForBestModel()) {
        case ACCURACY -> evaluation.accuracy().value();
        case LOSS -> -testLoss;
        case MARGIN -> evaluation.margin();
      });
    }

    private Map<String, RewardEvaluation> byPart(List<PairScores> scores) {
      Map<String, RewardEvaluation> measured = new LinkedHashMap<>();
      testByPart.forEach((name, positions) -> {
        if (!positions.isEmpty()) {
          measured.put(name, RewardEvaluation.of(ScoreList.some(scores, positions)));
        }
      });
      return measured;
    }
  }

  /** How many tokens of a pass fit into memory, see {@link MicroBatchProbe}. */
  public MicroBatchProbe probe(PairSource pairs) {
    return MicroBatchProbe.run(model, config.optimizer(), config.microBatchTokens(), tokens -> {
      List<TokenizedPair> some = Batches.firstOfTokens(pairs.asList(), TokenizedPair::tokens, tokens);
      accumulate(some, some.size(), new Sums());
      return some.stream().mapToInt(TokenizedPair::tokens).sum();
    });
  }

  /** Measures the current weights. */
  public RewardEvaluation evaluate(PairSource pairs) {
    return RewardEvaluation.of(scores(pairs));
  }

  private List<PairScores> scores(PairSource pairs) {
    List<TokenizedPair> all = pairs.asList();
    List<PairScores> scores = new ScoreList(all.size(), pairs.space());
    for (int from = 0; from < all.size(); from += EVALUATED_AT_ONCE) {
      List<TokenizedPair> some = List.copyOf(all.subList(from, Math.min(from + EVALUATED_AT_ONCE, all.size())));
      scores.addAll(PairForward.scoreAll(model, some, config.microBatchTokens()));
    }
    return scores;
  }

  private RewardStep step(Optimizer optimizer, PairBatches.Batch batch, TrainingLoop.At at) {
    int pairs = batch.pairs().size();
    Sums sums = new Sums();
    for (List<TokenizedPair> part : batch.parts()) {
      accumulate(part, pairs, sums);
    }
    Optimizer.Update update = optimizer.step(at.learningRate());
    long tokens = batch.pairs().stream().mapToLong(TokenizedPair::tokens).sum();
    return new RewardStep(at.step(), at.totalSteps(), at.epoch(), pairs, tokens, at.tokensBefore() + tokens, sums.loss,
        sums.penalty / pairs, sums.correct, sums.ties, sums.chosen.getAverage(), sums.rejected.getAverage(),
        Math.min(sums.chosen.getMin(), sums.rejected.getMin()), Math.max(sums.chosen.getMax(), sums.rejected.getMax()),
        at.learningRate(), update.gradientNorm(), update.applied());
  }

  /** Adds the gradient of one micro-batch to what the weights have. */
  void accumulate(List<TokenizedPair> part, int pairsOfBatch, Sums sums) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      PairForward forward = PairForward.run(model, part);
      RewardLoss.Result result = loss.compute(forward.chosen(), forward.rejected(), margins(part), pairsOfBatch);
      result.loss().backward();
      sums.add(result, forward);
    }
  }

  private float[] margins(List<TokenizedPair> pairs) {
    if (!config.useMargin()) {
      return new float[0];
    }
    float[] margins = new float[pairs.size()];
    for (int i = 0; i < margins.length; i++) {
      margins[i] = (float) pairs.get(i).margin();
    }
    return margins;
  }

  /** What the micro-batches of one step add up to. */
  static final class Sums {

    private double loss;
    private double penalty;
    private int correct;
    private int ties;
    private final DoubleSummaryStatistics chosen = new DoubleSummaryStatistics();
    private final DoubleSummaryStatistics rejected = new DoubleSummaryStatistics();

    void add(RewardLoss.Result result, PairForward forward) {
      float[] sums = result.sums().toFloats();
      loss += result.loss().item();
      penalty += sums[1];
      correct += Math.round(sums[2]);
      ties += Math.round(sums[3]);
      add(chosen, forward.chosen());
      add(rejected, forward.rejected());
    }

    private static void add(DoubleSummaryStatistics statistics, Tensor scores) {
      for (float score : scores.toFloats()) {
        statistics.accept(score);
      }
    }
  }
}
