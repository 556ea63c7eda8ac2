package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Answers as tokens, step by step: each step, the separator, and the placeholder where there is one. */
final class StepTokens {

  /**
   * An answer's tokens.
   *
   * @param tokens prompt and steps
   * @param ends position of the token at which each step is read
   */
  record Steps(int[] tokens, int[] ends) {}

  private final ChatSequences sequences;
  private final Pattern separator;
  private final int[] separatorIds;
  private final @Nullable Integer placeholder;
  private long cut;

  private StepTokens(ChatSequences sequences, String separator, @Nullable Integer placeholder) {
    this.sequences = sequences;
    this.separator = Pattern.compile(Pattern.quote(separator));
    this.separatorIds = sequences.tokenizer().encode(separator);
    this.placeholder = placeholder;
  }

  static StepTokens of(ModelRewardSpec.Process spec, ChatSequences sequences) {
    String text = spec.placeholder();
    Integer placeholder = text == null ? null : sequences.tokenizer().idOf(text).stream().boxed().findFirst()
        .orElseThrow(() -> InputException.key("placeholder", "is '" + text + "', which is no token of "
            + spec.path()));
    return new StepTokens(sequences, spec.stepSeparator(), placeholder);
  }

  long cut() {
    return cut;
  }

  /** Steps beyond the longest sequence are left out. */
  Steps of(Answer answer) {
    int[] tokens = sequences.renderer().promptIds(answer.prompt());
    List<Integer> ends = new ArrayList<>();
    for (String step : separator.split(answer.text())) {
      if (step.isBlank()) {
        continue;
      }
      int[] longer = joined(joined(tokens, sequences.tokenizer().encode(step)), separatorIds);
      longer = placeholder == null ? longer : joined(longer, new int[] {placeholder});
      if (longer.length > sequences.maxLength()) {
        cut++;
        break;
      }
      tokens = longer;
      ends.add(tokens.length - 1);
    }
    return new Steps(tokens, ends.stream().mapToInt(Integer::intValue).toArray());
  }

  private static int[] joined(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
