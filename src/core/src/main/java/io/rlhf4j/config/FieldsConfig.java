package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/**
 * Names of the columns of preference rows, for files that call them otherwise. A name with dots reaches into objects.
 *
 * @param prompt text or messages before the answers; null where chosen and rejected are whole conversations
 * @param chosen the better answer
 * @param rejected the other answer
 * @param margin by how much chosen is better
 * @param chosenScore score of the better answer; with rejected_score the margin of rows that name none
 * @param rejectedScore score of the other answer
 * @param role who speaks, in messages; human and gpt are taken for user and assistant
 * @param content what is said, in messages
 * @param completions steps of an answer, for reward.type process
 * @param labels one for each step, likewise
 */
public record FieldsConfig(@Default("prompt") @Nullable String prompt, @Default("chosen") String chosen,
    @Default("rejected") String rejected, @Default("margin") @Nullable String margin,
    @Default("null") @Nullable String chosenScore, @Default("null") @Nullable String rejectedScore,
    @Default("role") String role, @Default("content") String content,
    @Default("completions") String completions, @Default("labels") String labels) {

  public FieldsConfig {
    Check.that((chosenScore == null) == (rejectedScore == null), "rejected_score", rejectedScore,
        "given where chosen_score is, and only there");
  }

  /** The names that rows have where nobody says otherwise. */
  public static FieldsConfig standard() {
    return new FieldsConfig("prompt", "chosen", "rejected", "margin", null, null, "role", "content",
        "completions", "labels");
  }

  /** Whole conversations without a prompt beside them, with scores. */
  static FieldsConfig conversations(@Nullable String chosenScore, @Nullable String rejectedScore) {
    return new FieldsConfig(null, "chosen", "rejected", "margin", chosenScore, rejectedScore, "role", "content",
        "completions", "labels");
  }
}
