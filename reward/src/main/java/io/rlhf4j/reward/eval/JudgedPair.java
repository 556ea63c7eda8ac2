package io.rlhf4j.reward.eval;

import io.rlhf4j.data.CandidateRow;
import io.rlhf4j.text.ChatMessage;
import java.util.stream.Collectors;

/**
 * A pair of the benchmark with its scores.
 *
 * @param row as it was read, the chosen answer first
 * @param chosen score of the chosen answer; NaN if it has none
 * @param rejected score of the other
 */
public record JudgedPair(CandidateRow row, double chosen, double rejected) {

  /** Strictly higher; a tie, and a pair without scores, is not correct. */
  public boolean correct() {
    return chosen > rejected;
  }

  public boolean tied() {
    return chosen == rejected;
  }

  /** Whether either answer has no score. */
  public boolean unscored() {
    return Double.isNaN(chosen) || Double.isNaN(rejected);
  }

  public double margin() {
    return chosen - rejected;
  }

  /** The part of the benchmark that the pair belongs to; {@code ""} where the row does not say. */
  public String subset() {
    return row.json().path("subset").asText("");
  }

  /** Characters of the chosen answer minus those of the other. */
  int extraLength() {
    return length(0) - length(1);
  }

  private int length(int answer) {
    String text = row.answers().get(answer);
    return text.codePointCount(0, text.length());
  }

  /** The conversation as text, up to the answers. */
  String promptText() {
    return row.prompt().stream().map(turn -> turn.role() + ": " + turn.content()).collect(Collectors.joining("\n\n"));
  }

  /** The conversation as text, ending with the chosen (0) or the rejected (1) answer. */
  String text(int answer) {
    return promptText() + "\n\n" + ChatMessage.ASSISTANT + ": " + row.answers().get(answer);
  }
}
