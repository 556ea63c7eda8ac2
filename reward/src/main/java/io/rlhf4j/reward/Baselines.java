package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import java.util.List;
import java.util.SplittableRandom;

/** Scores that need no model; a reward model ought to beat them. */
public final class Baselines {

  private Baselines() {}

  /** The longer answer, in characters, scores higher. */
  public static List<PairScores> longer(List<PreferencePair> pairs) {
    return pairs.stream().map(pair -> new PairScores(length(pair.chosen()), length(pair.rejected()))).toList();
  }

  /** The shorter answer, in characters, scores higher. */
  public static List<PairScores> shorter(List<PreferencePair> pairs) {
    return pairs.stream().map(pair -> new PairScores(-length(pair.chosen()), -length(pair.rejected()))).toList();
  }

  /** Scores drawn at random. */
  public static List<PairScores> random(List<PreferencePair> pairs, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return pairs.stream().map(pair -> new PairScores(random.nextDouble(), random.nextDouble())).toList();
  }

  private static int length(String answer) {
    return answer.codePointCount(0, answer.length());
  }
}
