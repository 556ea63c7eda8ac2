package io.rlhf4j.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.rl.TokenSequence;
import java.nio.file.Path;
import java.util.List;

/**
 * A reward model whose scores must be numbers, because PPO learns from nothing else.
 *
 * @param model scores; belongs to this object
 * @param directory where it was read
 */
public record FiniteScores(RewardRole model, Path directory) implements RewardRole {

  /** @throws InputException naming the row whose score is NaN or infinite */
  @Override
  public float[] score(List<TokenSequence> sequences) {
    float[] scores = model.score(sequences);
    for (int i = 0; i < scores.length; i++) {
      if (!Float.isFinite(scores[i])) {
        throw InputException.in(directory, "the reward model gives row " + (i + 1) + " of " + scores.length + ", "
            + sequences.get(i).length() + " tokens, the score " + scores[i]
            + ", must be finite; its weights are damaged or overflow");
      }
    }
    return scores;
  }

  @Override
  public void close() {
    model.close();
  }
}
