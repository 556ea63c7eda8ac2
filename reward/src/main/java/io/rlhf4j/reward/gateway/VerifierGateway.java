package io.rlhf4j.reward.gateway;

import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.kind.TextGenerator;
import io.rlhf4j.telemetry.JsonLines;
import io.rlhf4j.text.ChatMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Asks a generator until an answer is good enough, a bounded number of times, and logs every decision. */
public final class VerifierGateway {

  private final TextGenerator generator;
  private final Rewards rewards;
  private final Rule rule;
  private final JsonLines log;

  /**
   * When an answer is good enough.
   *
   * @param threshold lowest score that is let through
   * @param regenerations further attempts after the first
   * @param fallback what is said if none is good enough; null says the best attempt
   */
  public record Rule(double threshold, int regenerations, @Nullable String fallback) {}

  /**
   * What the gateway says.
   *
   * @param text the answer; empty if all attempts failed and there is no fallback
   * @param outcome {@code accepted}, {@code fallback}, {@code best} or {@code failed}
   * @param score of the text; NaN for a fallback
   * @param attempts how often the generator was asked
   * @param problem why the last attempt failed that did; null if none did
   */
  public record Decision(String text, String outcome, double score, int attempts, @Nullable String problem) {

    /** Of attempts that all had an answer and a score, or none. */
    public Decision(String text, String outcome, double score, int attempts) {
      this(text, outcome, score, attempts, null);
    }

    private Decision because(@Nullable String reason) {
      return new Decision(text, outcome, score, attempts, reason);
    }
  }

  /** Generator, rewards and log stay the caller's. */
  public VerifierGateway(TextGenerator generator, Rewards rewards, Rule rule, JsonLines log) {
    this.generator = generator;
    this.rewards = rewards;
    this.rule = rule;
    this.log = log;
  }

  /** Like {@link #answer(List, String)}, where nothing says what would be right. */
  public Decision answer(List<ChatMessage> prompt) {
    return answer(prompt, null);
  }

  /**
   * An answer without a score is never good enough. An attempt that fails, because the generator or a reward does, is
   * an attempt like any other.
   *
   * @param label what a right answer would be, for rewards that compare
   */
  public Decision answer(List<ChatMessage> prompt, @Nullable String label) {
    List<Attempt> attempts = new ArrayList<>();
    for (int number = 0; number <= rule.regenerations(); number++) {
      Attempt attempt = attempt(prompt, label, number);
      attempts.add(attempt);
      if (attempt.score() >= rule.threshold()) {
        return logged(prompt, label, attempts, new Decision(attempt.text(), "accepted", attempt.score(), number + 1));
      }
    }
    return logged(prompt, label, attempts, noneGoodEnough(attempts));
  }

  /** An answer; without a text if it failed. */
  private record Attempt(@Nullable String text, double score, @Nullable String problem) {}

  private Attempt attempt(List<ChatMessage> prompt, @Nullable String label, int number) {
    String text = null;
    try {
      text = generator.answer(List.of(prompt), number).getFirst();
      return new Attempt(text, rewards.score(List.of(new AnswerGroup(prompt, List.of(text), label))).getFirst()[0],
          null);
    } catch (RuntimeException e) {
      return new Attempt(text, Double.NaN, String.valueOf(e.getMessage()));
    }
  }

  private Decision noneGoodEnough(List<Attempt> attempts) {
    if (rule.fallback() != null) {
      return new Decision(rule.fallback(), "fallback", Double.NaN, attempts.size());
    }
    Attempt best = attempts.getFirst();
    for (Attempt attempt : attempts) {
      boolean better = best.text() == null || attempt.score() > best.score() || Double.isNaN(best.score());
      best = attempt.text() != null && better ? attempt : best;
    }
    return best.text() == null ? new Decision("", "failed", Double.NaN, attempts.size())
        : new Decision(best.text(), "best", best.score(), attempts.size());
  }

  private Decision logged(List<ChatMessage> prompt, @Nullable String label, List<Attempt> attempts,
      Decision decision) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompt", prompt.stream().map(VerifierGateway::turn).toList());
    if (label != null) {
      line.put("label", label);
    }
    line.put("answers", attempts.stream().map(Attempt::text).toList());
    line.put("scores", attempts.stream().map(one -> Double.isFinite(one.score()) ? one.score() : null).toList());
    if (attempts.stream().anyMatch(one -> one.problem() != null)) {
      line.put("problems", attempts.stream().map(Attempt::problem).toList());
    }
    line.put("threshold", rule.threshold());
    line.put("outcome", decision.outcome());
    line.put("answer", decision.text());
    log.append(line);
    return decision.because(
        attempts.reversed().stream().map(Attempt::problem).filter(Objects::nonNull).findFirst().orElse(null));
  }

  private static Map<String, String> turn(ChatMessage message) {
    Map<String, String> turn = new LinkedHashMap<>();
    turn.put("role", message.role());
    turn.put("content", message.content());
    return turn;
  }
}
