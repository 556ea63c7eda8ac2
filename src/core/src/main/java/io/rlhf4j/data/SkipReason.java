package io.rlhf4j.data;

/** Why a row cannot be used. */
public enum SkipReason {

  MALFORMED_JSON("not valid JSON"),
  NOT_AN_OBJECT("not a JSON object"),
  MISSING_KEY("a needed key missing"),
  BAD_VALUE("a key with the wrong type"),
  BAD_TURNS("turns that do not lead from a user to an answer"),
  EMPTY_PROMPT("empty prompt"),
  EMPTY_ANSWER("empty answer"),
  EQUAL_ANSWERS("chosen equal to rejected"),
  DIFFERENT_PROMPTS("chosen and rejected answering different prompts"),
  LABELS_WITHOUT_STEPS("labels that do not match the steps"),
  SEPARATOR_IN_STEP("a step with reward.step_separator in it"),
  EQUAL_SCORES("answers with equal scores"),
  UNPAIRED("an answer without a second one to the same prompt"),
  UNKNOWN_TOKEN("a token id outside the vocabulary"),
  WRONG_MASK("an attention mask of another length than its token ids"),
  LEFT_OUT("left out by data.row_hook"),
  SMALL_GAP("a score gap below data.min_score_gap"),
  PROMPT_TOO_LONG("prompt longer than data.max_prompt_length"),
  TOO_LONG("longer than data.max_length");

  private final String text;

  SkipReason(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
