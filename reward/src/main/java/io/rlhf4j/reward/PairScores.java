package io.rlhf4j.reward;

/** Scores of the two answers of one pair. */
public record PairScores(double chosen, double rejected) {

  /** Whether the chosen answer is strictly above the other; a tie is not correct. */
  public boolean correct() {
    return chosen > rejected;
  }

  public boolean tied() {
    return chosen == rejected;
  }
}
