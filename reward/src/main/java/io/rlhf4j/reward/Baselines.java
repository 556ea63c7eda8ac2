package io.rlhf4j.reward;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.RowSpace;
import java.util.List;
import java.util.SplittableRandom;

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
    return random(pairs, seed, RowSpace.HEAP);
  }

  /** As the other, wherever there is room for them. */
  public static List<PairScores> random(int pairs, long seed, RowSpace space) {
    SplittableRandom random = new SplittableRandom(seed);
    List<PairScores> scores = new ScoreList(pairs, space);
    for (int pair = 0; pair < pairs; pair++) {
      scores.add(new PairScores(random.nextDouble(), random.nextDouble()));
    }
    return scores;
  }

  /** Scores of the shorter answer from those of the longer one, each made when it is asked for. */
  public static List<PairScores> shorterOf(List<PairScores> longer) {
    return ScoreList.made(longer.size(),
        pair -> new PairScores(-longer.get(pair).chosen(), -longer.get(pair).rejected()));
  }
}
