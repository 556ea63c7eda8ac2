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
   * @param text the answer
   * @param outcome {@code accepted}, {@code fallback} or {@code best}
   * @param score of the text; NaN for a fallback
   * @param attempts answers that were generated
   */
  public record Decision(String text, String outcome, double score, int attempts) {}

  /** Generator, rewards and log stay the caller's. */
  public VerifierGateway(TextGenerator generator, Rewards rewards, Rule rule, JsonLines log) {
    this.generator = generator;
    this.rewards = rewards;
    this.rule = rule;
    this.log = log;
  }

  /** An answer without a score is never good enough. */
  public Decision answer(List<ChatMessage> prompt) {
    List<String> texts = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    int best = -1;
    for (int attempt = 0; attempt <= rule.regenerations(); attempt++) {
      String text = generator.answer(List.of(prompt), attempt).getFirst();
      double score = rewards.score(List.of(new AnswerGroup(prompt, List.of(text), null))).getFirst()[0];
      texts.add(text);
      scores.add(score);
      if (score >= rule.threshold()) {
        return logged(prompt, texts, scores, new Decision(text, "accepted", score, attempt + 1));
      }
      best = best < 0 || score > scores.get(best) || Double.isNaN(scores.get(best)) ? attempt : best;
    }
    Decision decision = rule.fallback() == null
        ? new Decision(texts.get(best), "best", scores.get(best), texts.size())
        : new Decision(rule.fallback(), "fallback", Double.NaN, texts.size());
    return logged(prompt, texts, scores, decision);
  }

  private Decision logged(List<ChatMessage> prompt, List<String> texts, List<Double> scores, Decision decision) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompt", prompt);
    line.put("answers", List.copyOf(texts));
    line.put("scores", scores.stream().map(score -> Double.isFinite(score) ? score : null).toList());
    line.put("threshold", rule.threshold());
    line.put("outcome", decision.outcome());
    line.put("answer", decision.text());
    log.append(line);
    return decision;
  }
}
