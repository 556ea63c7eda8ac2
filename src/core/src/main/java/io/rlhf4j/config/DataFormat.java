package io.rlhf4j.config;

/** How the rows of a preference file are laid out. Most names are those of published data sets. */
public enum DataFormat implements YamlNamed {

  /** Decided for each row by what it holds. */
  AUTO("auto"),

  /** Answers as texts or lists of messages, with or without a {@code prompt} beside them. */
  STANDARD("standard"),

  /** Whole dialogues in one text: turns that begin with a blank line and {@code Human:} or {@code Assistant:}. */
  HH_RLHF("hh-rlhf"),

  /** {@code prompt}, {@code chosen} and {@code rejected}, each a list of messages, as XTuner has them. */
  XTUNER("xtuner"),

  /** argilla/ultrafeedback-binarized-preferences-cleaned: conversations with ratings. */
  ULTRAFEEDBACK_BINARIZED("ultrafeedback-binarized"),

  /** mlabonne/orpo-dpo-mix-40k: conversations beside a prompt that does not hold all of their turns. */
  ORPO_DPO_MIX("orpo-dpo-mix"),

  /** Skywork/Skywork-Reward-Preference-80K: conversations. */
  SKYWORK("skywork-preference"),

  /** weqweasdas/preference_dataset_mixture2_and_safe_pku: conversations with scores. */
  PREFERENCE_MIXTURE2("preference-mixture2"),

  /**
   * openbmb/UltraFeedback: an instruction with several rated completions; every two of them whose ratings differ make a
   * pair.
   */
  ULTRAFEEDBACK("ultrafeedback"),

  /**
   * nvidia/HelpSteer2: neighbouring rows with the same prompt, the more helpful one preferred, or rows with two
   * responses and a {@code preference_strength}.
   */
  HELPSTEER2("helpsteer2"),

  /**
   * Token ids: {@code chosen_ids} and {@code rejected_ids} (TRL, XTuner) or their older names, each a whole sequence;
   * {@code prompt_ids} says where answers begin, otherwise they begin where the sequences part.
   */
  TOKENIZED("tokenized");

  private final String yaml;

  DataFormat(String yaml) {
    this.yaml = yaml;
  }

  @Override
  public String yamlName() {
    return yaml;
  }

  /**
   * The columns of this layout.
   *
   * @param given names that the recipe gives, used where the layout leaves them open
   */
  public FieldsConfig fields(FieldsConfig given) {
    return switch (this) {
      case AUTO, STANDARD, HH_RLHF, XTUNER, ULTRAFEEDBACK, HELPSTEER2, TOKENIZED -> given;
      case ULTRAFEEDBACK_BINARIZED -> FieldsConfig.conversations("chosen-rating", "rejected-rating");
      case ORPO_DPO_MIX, SKYWORK -> FieldsConfig.conversations(null, null);
      case PREFERENCE_MIXTURE2 -> FieldsConfig.conversations("chosen_score", "rejected_score");
    };
  }

  /** Whether a recipe may rename the columns of this layout. */
  boolean open() {
    return this == AUTO || this == STANDARD || this == HH_RLHF;
  }
}
