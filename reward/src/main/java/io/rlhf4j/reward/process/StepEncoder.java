package io.rlhf4j.reward.process;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers as tokens, step by step: each step, the separator, and the placeholder where there is one. */
public final class StepEncoder {

  private final Tokenizer tokenizer;
  private final ChatRenderer renderer;
  private final int[] endOfStep;
  private final int maxLength;

  /**
   * @param separator text behind each step
   * @param placeholder token behind the separator, or null
   * @param maxLength longest sequence, tokens
   * @throws InputException if the placeholder is no token
   */
  public StepEncoder(Tokenizer tokenizer, ChatRenderer renderer, String separator, @Nullable String placeholder,
      int maxLength) {
    this.tokenizer = tokenizer;
    this.renderer = renderer;
    int[] ids = tokenizer.encode(separator);
    this.endOfStep = placeholder == null ? ids : joined(ids, new int[] {token(tokenizer, placeholder)});
    this.maxLength = maxLength;
  }

  private static int token(Tokenizer tokenizer, String placeholder) {
    return tokenizer.idOf(placeholder).orElseThrow(() -> InputException.key("placeholder",
        "is '" + placeholder + "', which is no token of " + tokenizer.directory()));
  }

  /**
   * Steps beyond the longest sequence are left out.
   *
   * @param steps none blank
   */
  public Steps encode(List<ChatMessage> prompt, List<String> steps) {
    int[] tokens = renderer.promptIds(prompt);
    int promptLength = tokens.length;
    int[] ends = new int[steps.size()];
    for (int s = 0; s < ends.length; s++) {
      int[] longer = joined(joined(tokens, tokenizer.encode(steps.get(s))), endOfStep);
      if (longer.length > maxLength) {
        return new Steps(tokens, promptLength, Arrays.copyOf(ends, s), true);
      }
      tokens = longer;
      ends[s] = tokens.length - 1;
    }
    return new Steps(tokens, promptLength, ends, false);
  }

  private static int[] joined(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
