package io.rlhf4j.launcher.select;

import io.rlhf4j.config.SelectConfig;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an answer must be like, whatever its reward. */
final class AnswerFilter {

  private final SelectConfig config;
  private final @Nullable Pattern pattern;
  private final @Nullable Pattern forbidden;

  AnswerFilter(SelectConfig config) {
    this.config = config;
    this.pattern = config.pattern() == null ? null : Pattern.compile(config.pattern());
    this.forbidden = config.forbidden() == null ? null : Pattern.compile(config.forbidden());
  }

  /** Why an answer cannot be used; empty if it can. */
  Optional<Dropped> reason(Scored.Answer answer) {
    int chars = answer.text().strip().codePointCount(0, answer.text().strip().length());
    if (config.finishedOnly() && !answer.finished()) {
      return Optional.of(Dropped.UNFINISHED);
    }
    if (chars < config.minChars()) {
      return Optional.of(Dropped.TOO_SHORT);
    }
    if (config.maxChars() > 0 && chars > config.maxChars()) {
      return Optional.of(Dropped.TOO_LONG);
    }
    if (pattern != null && !pattern.matcher(answer.text()).find()) {
      return Optional.of(Dropped.PATTERN);
    }
    if (forbidden != null && forbidden.matcher(answer.text()).find()) {
      return Optional.of(Dropped.FORBIDDEN);
    }
    return Double.isFinite(answer.reward()) ? Optional.empty() : Optional.of(Dropped.UNSCORED);
  }
}
