package io.rlhf4j.reward.process;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.LengthPolicy;
import io.rlhf4j.config.StepsConfig;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.LabelledSteps;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns labelled answers into token ids, as scoring does. Prompts are never cut; an answer beyond the limit is left out
 * or loses its last steps.
 */
public final class StepTokenizer {

  private static final List<SkipReason> REASONS = List.of(SkipReason.PROMPT_TOO_LONG, SkipReason.TOO_LONG);

  private final StepEncoder encoder;
  private final int maxPromptLength;
  private final LengthPolicy policy;

  /** @throws io.rlhf4j.config.InputException if there is no chat template or the placeholder is no token */
  public StepTokenizer(Tokenizer tokenizer, StepsConfig steps, DataConfig limits, LengthPolicy policy) {
    this.encoder = new StepEncoder(tokenizer, ChatRenderer.of(tokenizer), steps.stepSeparator(), steps.placeholder(),
        limits.maxLength());
    this.maxPromptLength = limits.maxPromptLength();
    this.policy = policy;
  }

  /** What became of an answer. */
  public sealed interface Outcome {

    /**
     * It can be used.
     *
     * @param cut whether it lost steps
     */
    record Fitted(StepExample example, boolean cut) implements Outcome {}

    /** It is left out. */
    record Skipped(SkipReason reason) implements Outcome {}
  }

  /** @throws io.rlhf4j.config.InputException if no row is left; it says how many were skipped, and why */
  public PreparedSteps prepare(DataSet<LabelledSteps> rows) {
    Map<LabelledSteps, Outcome> outcomes = new IdentityHashMap<>();
    rows.rows().forEach(row -> outcomes.put(row, fit(row)));
    DataSet<LabelledSteps> usable = rows;
    for (SkipReason reason : REASONS) {
      usable = usable.skipping(reason, row -> outcomes.get(row).equals(new Outcome.Skipped(reason)));
    }
    List<PreparedSteps.Answer> answers = new ArrayList<>();
    int truncated = 0;
    for (LabelledSteps row : usable.rows()) {
      if (outcomes.get(row) instanceof Outcome.Fitted(StepExample example, boolean cut)) {
        answers.add(new PreparedSteps.Answer(row, example));
        truncated += cut ? 1 : 0;
      }
    }
    return new PreparedSteps(answers, usable.skipped(), truncated);
  }

  /** One row. */
  public Outcome fit(LabelledSteps row) {
    Steps steps = encoder.encode(row.prompt(), row.steps());
    if (steps.promptLength() > maxPromptLength) {
      return new Outcome.Skipped(SkipReason.PROMPT_TOO_LONG);
    }
    if (steps.cut() && (policy == LengthPolicy.DROP || steps.ends().length == 0)) {
      return new Outcome.Skipped(SkipReason.TOO_LONG);
    }
    return new Outcome.Fitted(new StepExample(steps, labels(row, steps.ends().length)), steps.cut());
  }

  private static float[] labels(LabelledSteps row, int count) {
    float[] labels = new float[count];
    for (int i = 0; i < count; i++) {
      labels[i] = row.labels().get(i).floatValue();
    }
    return labels;
  }
}
