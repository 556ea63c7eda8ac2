package io.rlhf4j.reward.kind;

import io.rlhf4j.config.RuleSpec;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/** Rules that read nothing but the text of the answer. */
final class TextRules {

  private TextRules() {}

  static AnswerReward format(RuleSpec.Format rule) {
    Pattern pattern = Pattern.compile(rule.pattern(), Pattern.DOTALL);
    return eachText(text -> pattern.matcher(text).matches() ? 1 : 0);
  }

  static AnswerReward regex(RuleSpec.Regex rule) {
    Pattern pattern = Pattern.compile(rule.pattern(), Pattern.DOTALL);
    return eachText(text -> pattern.matcher(text).find() ? rule.found() : rule.missing());
  }

  static AnswerReward length(RuleSpec.Length rule) {
    return eachText(text -> {
      int length = switch (rule.unit()) {
        case CHARACTERS -> text.codePointCount(0, text.length());
        case WORDS -> words(text).size();
      };
      int excess = Math.max(0, Math.max(rule.min() - length, length - rule.max()));
      return excess == 0 ? 0 : Math.max(-1, -(double) excess / rule.scale());
    });
  }

  static AnswerReward repetition(RuleSpec.Repetition rule) {
    return eachText(text -> {
      double repeated = repeatedShare(words(text), rule.ngram());
      return repeated == 0 ? 0 : -rule.maxPenalty() * repeated;
    });
  }

  private static double repeatedShare(List<String> words, int ngram) {
    int total = words.size() - ngram + 1;
    if (total < 1) {
      return 0;
    }
    Set<List<String>> distinct = new HashSet<>();
    for (int i = 0; i < total; i++) {
      distinct.add(words.subList(i, i + ngram));
    }
    return 1 - (double) distinct.size() / total;
  }

  /** An answer without letters mixes no languages: it gets 1. */
  static AnswerReward language(RuleSpec.Language rule) {
    Character.UnicodeScript wanted = Character.UnicodeScript.forName(rule.script());
    return eachText(text -> {
      int[] letters = text.codePoints().filter(Character::isLetter).toArray();
      long fitting = Arrays.stream(letters).filter(letter -> Character.UnicodeScript.of(letter) == wanted).count();
      return letters.length == 0 ? 1 : (double) fitting / letters.length;
    });
  }

  private static AnswerReward eachText(ToDoubleFunction<String> rule) {
    return answers -> answers.stream().mapToDouble(answer -> rule.applyAsDouble(answer.text())).toArray();
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }
}
