package io.rlhf4j.config;

import io.rlhf4j.rl.FormatRule;
import io.rlhf4j.rl.MissingEos;
import io.rlhf4j.rl.OverlongPenalty;
import io.rlhf4j.rl.RewardShaping;
import io.rlhf4j.rl.Rollout;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * From scores to rewards.
 *
 * @param rewardClip rewards are cut to plus and minus this value before the KL term; null leaves them
 * @param normalizeReward whether rewards are normalised by their running mean and deviation before they are cut
 * @param missingEosPenalty subtracted from the reward of a response that was cut before its end; null does nothing
 * @param missingEosReward reward of a response that was cut before its end, whatever its score; null does nothing
 * @param missingEosFactor multiplies the reward of a response that was cut before its end; null does nothing
 * @param maskTruncated whether nothing at all is learned from a response that was cut before its end
 * @param overlongBuffer last tokens before max_new_tokens over which a penalty for length grows; null for none
 * @param overlongPenalty the penalty of a response that fills max_new_tokens
 * @param requiredFormat regular expression that must be found in the text of a response; null takes any
 * @param formatPenalty subtracted from the reward of a response without required_format; null learns nothing from it
 */
public record ShapingConfig(@Default("10.0") @Nullable Double rewardClip, @Default("false") boolean normalizeReward,
    @Default("null") @Nullable Double missingEosPenalty, @Default("null") @Nullable Double missingEosReward,
    @Default("null") @Nullable Double missingEosFactor, @Default("false") boolean maskTruncated,
    @Default("null") @Nullable Integer overlongBuffer, @Default("1.0") double overlongPenalty,
    @Default("null") @Nullable String requiredFormat, @Default("null") @Nullable Double formatPenalty) {

  public ShapingConfig {
    Check.positiveOrNull("reward_clip", rewardClip);
    Check.positiveOrNull("missing_eos_penalty", missingEosPenalty);
    Check.that(missingEosFactor == null || missingEosFactor >= 0 && missingEosFactor <= 1, "missing_eos_factor",
        missingEosFactor, "between 0 and 1");
    long policies = Stream.of(missingEosPenalty, missingEosReward, missingEosFactor, maskTruncated ? 1.0 : null)
        .filter(policy -> policy != null).count();
    String first = maskTruncated ? "mask_truncated" : missingEosFactor != null ? "missing_eos_factor"
        : "missing_eos_reward";
    Check.that(policies < 2, first, "one of several", "the only one of missing_eos_penalty, missing_eos_reward, "
        + "missing_eos_factor and mask_truncated");
    if (overlongBuffer != null) {
      Check.atLeast("overlong_buffer", overlongBuffer, 1);
    }
    Check.notNegative("overlong_penalty", overlongPenalty);
    Check.positiveOrNull("format_penalty", formatPenalty);
    if (requiredFormat != null) {
      compile(requiredFormat);
    }
  }

  private static Pattern compile(String expression) {
    try {
      return Pattern.compile(expression, Pattern.DOTALL);
    } catch (PatternSyntaxException e) {
      throw InputException.key("required_format", "is '" + expression + "', must be a regular expression ("
          + e.getDescription() + ")");
    }
  }

  private MissingEos missingEos() {
    if (missingEosPenalty != null) {
      return new MissingEos.Penalise(missingEosPenalty.floatValue());
    }
    if (missingEosReward != null) {
      return new MissingEos.Replace(missingEosReward.floatValue());
    }
    return missingEosFactor == null ? new MissingEos.Keep() : new MissingEos.Scale(missingEosFactor.floatValue());
  }

  /** @param text of a response, as a reader sees it */
  RewardShaping options(int maxNewTokens, Function<Rollout, String> text) {
    OverlongPenalty overlong =
        overlongBuffer == null ? null : new OverlongPenalty(maxNewTokens, overlongBuffer, overlongPenalty);
    FormatRule format = null;
    if (requiredFormat != null) {
      Pattern pattern = compile(requiredFormat);
      format = new FormatRule(rollout -> pattern.matcher(text.apply(rollout)).find(), formatPenalty);
    }
    return new RewardShaping(rewardClip, normalizeReward, missingEos(), maskTruncated, overlong, format);
  }
}
