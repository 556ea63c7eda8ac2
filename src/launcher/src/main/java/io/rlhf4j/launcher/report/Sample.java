package io.rlhf4j.launcher.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * One kept answer of a run.
 *
 * @param number of its row among all that were read, from 0
 * @param step iteration of PPO or round of a flywheel that it is from
 * @param reward score of the reward role; NaN if the row has none, like all that follow
 * @param kl sum over the answer's tokens of log-prob minus reference log-prob, nats
 * @param gold score of the task's own judge
 */
record Sample(long number, long step, String prompt, String response, double reward, double kl, double gold) {

  /** @param round of the flywheel that the row's file is from; rows of PPO runs say their step themselves */
  static Sample of(JsonNode row, long number, long round) {
    return new Sample(number, row.path("step").asLong(round), row.path("prompt").asText(),
        row.path("response").asText(),
        number(row, "reward"), number(row, "kl"), number(row, "gold"));
  }

  private static double number(JsonNode row, String key) {
    return row.path(key).asDouble(Double.NaN);
  }

  /** Whether prompt or response holds a text, in small or capital letters. */
  boolean holds(String text) {
    String wanted = text.toLowerCase(Locale.ROOT);
    return prompt.toLowerCase(Locale.ROOT).contains(wanted) || response.toLowerCase(Locale.ROOT).contains(wanted);
  }
}
