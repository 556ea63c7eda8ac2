package io.rlhf4j.reward.kind;

import io.rlhf4j.config.RuleSpec;
import io.rlhf4j.data.LabelledPrompts;
import io.rlhf4j.text.ChatMessage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compares the final answer with the label of the row. */
final class AccuracyReward implements AnswerReward {

  private final RuleSpec.Accuracy rule;
  private final @Nullable Pattern extract;
  private final Map<List<ChatMessage>, String> labels;

  private AccuracyReward(RuleSpec.Accuracy rule, @Nullable Pattern extract, Map<List<ChatMessage>, String> labels) {
    this.rule = rule;
    this.extract = extract;
    this.labels = labels;
  }

  static AccuracyReward open(RuleSpec.Accuracy rule) {
    Pattern extract = rule.extract() == null ? null : Pattern.compile(rule.extract(), Pattern.DOTALL);
    return new AccuracyReward(rule, extract, rule.answers() == null ? Map.of() : LabelledPrompts.read(rule.answers()));
  }

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    return answers.stream().mapToDouble(this::score).toArray();
  }

  private double score(Answer answer) {
    String label = answer.label() == null ? labels.get(answer.prompt()) : answer.label();
    if (label == null) {
      return Double.NaN;
    }
    // A label may itself be a worked solution, as in gsm8k.
    boolean solution = label.contains("####") || label.contains("\\boxed{");
    String right = solution ? FinalAnswer.in(label).orElse(label) : label;
    Optional<String> given =
        extract == null ? FinalAnswer.in(answer.text()) : FinalAnswer.in(answer.text(), extract);
    return given.filter(text -> FinalAnswer.same(text, right)).isPresent() ? rule.right() : rule.wrong();
  }
}
