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

  /** @throws io.rlhf4j.config.InputException if no row is left; it says how many were skipped, and why */
  public PreparedSteps prepare(DataSet<LabelledSteps> rows) {
    Map<LabelledSteps, Steps> encoded = new IdentityHashMap<>();
    rows.rows().forEach(row -> encoded.put(row, encoder.encode(row.prompt(), row.steps())));
    DataSet<LabelledSteps> usable = rows
        .skipping(SkipReason.PROMPT_TOO_LONG, row -> encoded.get(row).promptLength() > maxPromptLength)
        .skipping(SkipReason.TOO_LONG, row -> tooLong(encoded.get(row)));
    List<PreparedSteps.Answer> answers = new ArrayList<>();
    int truncated = 0;
    for (LabelledSteps row : usable.rows()) {
      Steps steps = encoded.get(row);
      answers.add(new PreparedSteps.Answer(row, new StepExample(steps, labels(row, steps.ends().length))));
      truncated += steps.cut() ? 1 : 0;
    }
    return new PreparedSteps(answers, usable.skipped(), truncated);
  }

  private boolean tooLong(Steps steps) {
    return steps.cut() && (policy == LengthPolicy.DROP || steps.ends().length == 0);
  }

  private static float[] labels(LabelledSteps row, int count) {
    float[] labels = new float[count];
    for (int i = 0; i < count; i++) {
      labels[i] = row.labels().get(i).floatValue();
    }
    return labels;
  }
}
