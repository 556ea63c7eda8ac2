package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Rewards that follow a rule instead of a learned judgement. */
public sealed interface RuleSpec extends RewardSpec {

  /**
   * 1 if the whole answer has a given form, else 0.
   *
   * @param weight factor in the sum
   * @param pattern Java regular expression that must match the whole answer, line breaks included; the default is
   *     {@code <think>...</think>} followed by the answer
   */
  @Kind("format")
  record Format(@Default("1") double weight,
      @Default("'<think>(?:(?!<think>).)*</think>(?!.*<think>)\\s*\\S.*'") String pattern) implements RuleSpec {

    public Format {
      Check.finite("weight", weight);
      regex("pattern", pattern);
    }
  }

  /**
   * Looks for a regular expression anywhere in the answer.
   *
   * @param weight factor in the sum
   * @param pattern Java regular expression
   * @param found score of an answer in which it occurs
   * @param missing score of any other answer
   */
  @Kind("regex")
  record Regex(@Default("1") double weight, String pattern, @Default("1") double found, @Default("0") double missing)
      implements RuleSpec {

    public Regex {
      Check.finite("weight", weight);
      regex("pattern", pattern);
      Check.finite("found", found);
      Check.finite("missing", missing);
    }
  }

  /**
   * Compares the final answer with the right one: numbers by value, other texts without regard to case and blanks. A
   * row without a right answer is not scored.
   *
   * @param weight factor in the sum
   * @param right score of a right final answer
   * @param wrong score of any other
   * @param extract regular expression whose last match holds the final answer in its first group; null tries, in this
   *     order, the last {@code \boxed{...}}, what follows the last {@code ####}, what follows "answer is", the last
   *     number
   * @param answers JSON lines with {@code prompt} and {@code label} (or {@code answer}) for rows that bring no label of
   *     their own, as in PPO; null if every row has one
   */
  @Kind("accuracy")
  record Accuracy(@Default("1") double weight, @Default("1") double right, @Default("0") double wrong,
      @Default("null") @Nullable String extract, @Default("null") @Nullable Path answers) implements RuleSpec {

    public Accuracy {
      Check.finite("weight", weight);
      Check.finite("right", right);
      Check.finite("wrong", wrong);
      if (extract != null) {
        Check.that(regex("extract", extract).matcher("").groupCount() > 0, "extract", "'" + extract + "'",
            "a regular expression with a group, (...), for the final answer");
      }
    }
  }

  /**
   * Falls with the distance of the answer's length from a range: {@code -excess / scale}, at least {@code -1}.
   *
   * @param weight factor in the sum
   * @param unit characters or words
   * @param min shortest answer without a deduction
   * @param max longest answer without a deduction
   * @param scale how far outside the range the score is -1
   */
  @Kind("length")
  record Length(@Default("1") double weight, @Default("words") LengthUnit unit, @Default("0") int min, int max,
      @Default("100") int scale) implements RuleSpec {

    public Length {
      Check.finite("weight", weight);
      Check.atLeast("min", min, 0);
      Check.atLeast("max", max, min);
      Check.atLeast("scale", scale, 1);
    }
  }

  /**
   * {@code -max_penalty} times the share of the answer's n-grams of words that occurred before in it.
   *
   * @param weight factor in the sum
   * @param ngram words in an n-gram
   * @param maxPenalty deduction of an answer that only repeats itself
   */
  @Kind("repetition")
  record Repetition(@Default("1") double weight, @Default("3") int ngram, @Default("1") double maxPenalty)
      implements RuleSpec {

    public Repetition {
      Check.finite("weight", weight);
      Check.atLeast("ngram", ngram, 1);
      Check.notNegative("max_penalty", maxPenalty);
    }
  }

  /**
   * The share of the answer's letters that belong to one writing system, for example to keep a model from mixing
   * languages.
   *
   * @param weight factor in the sum
   * @param script Unicode name of the script: latin, han, cyrillic, arabic, ...
   */
  @Kind("language")
  record Language(@Default("1") double weight, @Default("latin") String script) implements RuleSpec {

    public Language {
      Check.finite("weight", weight);
      try {
        Character.UnicodeScript.forName(script);
      } catch (IllegalArgumentException e) {
        throw InputException.key("script", "is '" + script + "', must be the Unicode name of a script, such as latin");
      }
    }
  }

  /**
   * {@code -log(perplexity)} of the answer after its prompt: the mean log-probability of its tokens under a language
   * model.
   *
   * @param weight factor in the sum
   * @param path language model in Hugging Face layout
   * @param maxTokens tokens in one forward pass
   */
  @Kind("perplexity")
  record Perplexity(@Default("1") double weight, Path path, @Default("16384") int maxTokens) implements RuleSpec {

    public Perplexity {
      Check.finite("weight", weight);
      Check.atLeast("max_tokens", maxTokens, 1);
    }
  }

  /** In what an answer's length is counted. */
  enum LengthUnit {
    CHARACTERS, WORDS
  }

  private static Pattern regex(String key, String text) {
    try {
      return Pattern.compile(text, Pattern.DOTALL);
    } catch (PatternSyntaxException e) {
      throw InputException.key(key, "is not a regular expression: " + e.getDescription() + " at character "
          + (e.getIndex() + 1));
    }
  }
}
