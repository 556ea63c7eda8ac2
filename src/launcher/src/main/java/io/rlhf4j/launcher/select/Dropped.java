package io.rlhf4j.launcher.select;

/** Why an answer, a prompt or a row is not among the training data. */
public enum Dropped {
  UNFINISHED("answers cut before their end"),
  TOO_SHORT("answers shorter than min_chars"),
  TOO_LONG("answers longer than max_chars"),
  PATTERN("answers without pattern"),
  FORBIDDEN("answers with forbidden text"),
  UNSCORED("answers without a reward"),
  LOWER_REWARD("answers with a lower reward than those kept"),
  BELOW_THRESHOLD("answers below threshold"),
  TOO_EASY("prompts below difficulty_from"),
  TOO_HARD("prompts above difficulty_to"),
  NOTHING_LEFT("prompts without enough answers left"),
  TIED("prompts whose answers are tied"),
  SMALL_GAP("pairs with a gap below min_gap"),
  SIMILAR("pairs of answers more alike than max_similarity"),
  LOW_QUALITY("rows outside quality_share"),
  DUPLICATE("repeated rows");

  private final String text;

  Dropped(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
