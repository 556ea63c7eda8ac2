package io.rlhf4j.reward.kind;

import java.util.ArrayList;
import java.util.List;

/** Every answer of a group against every other: which pairs there are, and how their results become scores. */
final class PairComparison {

  /** What the count of compared pairs is called. */
  static final String COMPARED = "pairs compared";
  /** What the count of pairs is called on which a judge contradicts itself: it likes a position, not an answer. */
  static final String TURNED = "of them with another winner in the other order";

  /**
   * Two answers of one group.
   *
   * @param group position of the group
   * @param first position of the one answer
   * @param second position of the other, greater
   */
  record Match(int group, int first, int second) {}

  private PairComparison() {}

  static List<Match> matches(List<AnswerGroup> groups) {
    List<Match> matches = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      int answers = groups.get(g).answers().size();
      for (int i = 0; i < answers; i++) {
        for (int j = i + 1; j < answers; j++) {
          matches.add(new Match(g, i, j));
        }
      }
    }
    return matches;
  }

  /**
   * The share of its matches that an answer wins.
   *
   * @param firstWins for each match how much of a win it is for the first answer, 0 to 1
   */
  static List<double[]> scores(List<AnswerGroup> groups, List<Match> matches, double[] firstWins) {
    List<double[]> scores = new ArrayList<>();
    groups.forEach(group -> scores.add(new double[group.answers().size()]));
    for (int m = 0; m < firstWins.length; m++) {
      Match match = matches.get(m);
      scores.get(match.group())[match.first()] += firstWins[m];
      scores.get(match.group())[match.second()] += 1 - firstWins[m];
    }
    for (double[] group : scores) {
      for (int i = 0; i < group.length; i++) {
        // Nobody to be compared with: 0 / 0 is no score.
        group[i] /= group.length - 1;
      }
    }
    return scores;
  }
}
