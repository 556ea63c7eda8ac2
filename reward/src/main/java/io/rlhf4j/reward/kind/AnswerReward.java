package io.rlhf4j.reward.kind;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A reward that judges each answer by itself: its scores can be compared across prompts. */
@FunctionalInterface
public non-sealed interface AnswerReward extends Reward {

  /** One score for each answer; NaN where it cannot be scored. */
  double[] scoreAnswers(List<Answer> answers);

  @Override
  default List<double[]> score(List<AnswerGroup> groups) {
    double[] all = scoreAnswers(groups.stream().flatMap(AnswerGroup::each).toList());
    List<double[]> scores = new ArrayList<>(groups.size());
    int at = 0;
    for (AnswerGroup group : groups) {
      scores.add(Arrays.copyOfRange(all, at, at + group.answers().size()));
      at += group.answers().size();
    }
    return scores;
  }
}
