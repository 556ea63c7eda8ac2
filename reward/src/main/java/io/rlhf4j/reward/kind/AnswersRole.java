package io.rlhf4j.reward.kind;

import io.rlhf4j.reward.RewardRole;
import java.util.List;
import java.util.Map;

/** A reward role that also scores answers as texts, for callers that have files rather than rollouts. */
public interface AnswersRole extends RewardRole {

  /**
   * What one call gave.
   *
   * @param scores for each group one array with a score for each of its answers; NaN where an answer has none
   * @param counts what the rewards counted in this call, for example verdicts that made no sense
   */
  record Scored(List<double[]> scores, Map<String, Long> counts) {}

  /** Scores all answers of all groups; those of one group are seen together by rewards that compare. */
  Scored scoreAnswers(List<AnswerGroup> groups);
}
