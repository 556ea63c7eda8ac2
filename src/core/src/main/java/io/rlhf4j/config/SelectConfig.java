package io.rlhf4j.config;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Selection of training data from scored answers. Filters come first, then the strategy, then buckets and duplicates.
 *
 * @param strategy best, top_k, threshold, pairs or conditional
 * @param topK answers kept for each prompt by top_k
 * @param threshold lowest reward kept by threshold
 * @param pairsPerPrompt pairs made of a prompt's answers: the best with the worst, the second best with the second
 *     worst, ...
 * @param minGap smallest difference between the rewards of a pair
 * @param maxSimilarity pairs whose answers share more than this part of their runs of three words are dropped
 * @param finishedOnly whether answers that were cut are dropped, where the rows say so
 * @param minChars shortest answer, characters
 * @param maxChars longest answer, characters; 0 sets no limit
 * @param pattern regular expression that must be found in an answer; null asks for nothing
 * @param forbidden regular expression that must not be found in an answer; null forbids nothing
 * @param qualityShare share of the rows with the highest rewards that is kept
 * @param difficultyFrom prompts easier than this quantile are dropped; the difficulty of a prompt is minus the mean
 *     reward of its answers
 * @param difficultyTo prompts harder than this quantile are dropped
 * @param dedup repeated rows: none, exact or near
 * @param nearSimilarity what near means, as a Jaccard similarity
 */
public record SelectConfig(@Default("best") SelectStrategy strategy, @Default("1") int topK,
    @Default("0.0") double threshold, @Default("1") int pairsPerPrompt, @Default("0.0") double minGap,
    @Default("1.0") double maxSimilarity,
    @Default("true") boolean finishedOnly, @Default("1") int minChars, @Default("0") int maxChars,
    @Default("null") @Nullable String pattern, @Default("null") @Nullable String forbidden,
    @Default("1.0") double qualityShare, @Default("0.0") double difficultyFrom, @Default("1.0") double difficultyTo,
    @Default("exact") Dedup dedup, @Default("0.8") double nearSimilarity) {

  public SelectConfig {
    Check.atLeast("top_k", topK, 1);
    Check.that(Double.isFinite(threshold), "threshold", threshold, "a finite number");
    Check.atLeast("pairs_per_prompt", pairsPerPrompt, 1);
    Check.notNegative("min_gap", minGap);
    Check.between("max_similarity", maxSimilarity, 0, 1);
    Check.atLeast("min_chars", minChars, 0);
    Check.that(maxChars == 0 || maxChars >= minChars, "max_chars", maxChars, "0, or at least min_chars = " + minChars);
    expression("pattern", pattern);
    expression("forbidden", forbidden);
    Check.that(qualityShare > 0 && qualityShare <= 1, "quality_share", qualityShare, "greater than 0 and at most 1");
    Check.between("difficulty_from", difficultyFrom, 0, 1);
    Check.that(difficultyTo > difficultyFrom && difficultyTo <= 1, "difficulty_to", difficultyTo,
        "above difficulty_from = " + difficultyFrom + " and at most 1");
    Check.that(nearSimilarity > 0 && nearSimilarity <= 1, "near_similarity", nearSimilarity,
        "greater than 0 and at most 1");
  }

  private static void expression(String key, @Nullable String text) {
    if (text != null) {
      try {
        Pattern.compile(text);
      } catch (PatternSyntaxException e) {
        throw InputException.key(key, "is '" + text + "', must be a regular expression: " + e.getDescription());
      }
    }
  }
}
