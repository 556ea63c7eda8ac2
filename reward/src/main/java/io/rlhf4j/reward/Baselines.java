package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Scores that need no model; a reward model ought to beat them. */
public final class Baselines {

  private Baselines() {}

  /** The longer answer, in characters, scores higher. */
  public static List<PairScores> longer(List<PreferencePair> pairs) {
    return pairs.stream().map(pair -> new PairScores(pair.chosenLength(), pair.rejectedLength())).toList();
  }

  /** The shorter answer, in characters, scores higher. */
  public static List<PairScores> shorter(List<PreferencePair> pairs) {
    return pairs.stream().map(pair -> new PairScores(-pair.chosenLength(), -pair.rejectedLength())).toList();
  }

  /** Scores drawn at random. */
  public static List<PairScores> random(int pairs, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return IntStream.range(0, pairs).mapToObj(pair -> new PairScores(random.nextDouble(), random.nextDouble()))
        .toList();
  }
}
