package io.rlhf4j.reward.kind;

import io.rlhf4j.config.StepsConfig;
import io.rlhf4j.reward.process.StepEncoder;
import io.rlhf4j.reward.process.Steps;
import java.util.regex.Pattern;

/** Splits answers into the steps that a process reward model reads; counts those that had to be cut. */
final class StepTokens {

  private final StepEncoder encoder;
  private final Pattern separator;
  private long cut;

  private StepTokens(StepEncoder encoder, String separator) {
    this.encoder = encoder;
    this.separator = Pattern.compile(Pattern.quote(separator));
  }

  static StepTokens of(StepsConfig steps, ChatSequences sequences) {
    return new StepTokens(new StepEncoder(sequences.tokenizer(), sequences.renderer(), steps.stepSeparator(),
        steps.placeholder(), sequences.maxLength()), steps.stepSeparator());
  }

  long cut() {
    return cut;
  }

  /** Steps beyond the longest sequence are left out. */
  Steps of(Answer answer) {
    Steps steps = encoder.encode(answer.prompt(),
        separator.splitAsStream(answer.text()).filter(step -> !step.isBlank()).toList());
    cut += steps.cut() ? 1 : 0;
    return steps;
  }
}
