package io.rlhf4j.text;

/** Chat templates for models that bring none. */
public final class BuiltInTemplates {

  /** Padding token of tokenizers that this project trains. */
  public static final String PAD = "<|pad|>";

  /** Opens a turn; the role and a line break follow. */
  public static final String TURN_START = "<|im_start|>";

  /** Closes a turn. Being the end-of-sequence token too, it is the last action of a response. */
  public static final String TURN_END = "<|im_end|>";

  /**
   * ChatML: {@code <|im_start|>role\ncontent<|im_end|>\n} per message, and {@code <|im_start|>assistant\n} to ask for
   * an answer.
   */
  public static final String CHAT = """
      {%- for message in messages %}
      {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
      {{- '<|im_start|>assistant\\n' }}
      {%- endif %}""";

  private BuiltInTemplates() {}
}
