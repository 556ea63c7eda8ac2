package io.rlhf4j.reward;

import io.rlhf4j.rl.TokenSequence;
import java.util.List;

/** The reward role: one score for each whole sequence, read at its last (eos or reward) token. */
public interface RewardRole extends AutoCloseable {

  /** Scores, {@code [sequences]}; a sequence gets the same score whatever else is in the list, up to rounding. */
  float[] score(List<TokenSequence> sequences);

  @Override
  void close();
}
