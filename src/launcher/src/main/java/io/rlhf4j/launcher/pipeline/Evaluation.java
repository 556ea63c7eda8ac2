package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * Answers of one policy to the test prompts, each judged.
 *
 * @param answers one for each test prompt, in the order of the prompts
 */
public record Evaluation(List<Answer> answers) {

  /**
   * One sampled answer.
   *
   * @param prompt what was asked, as the last user turn says it
   * @param text the answer without special tokens
   * @param gold score of the task's own judge, if there is one
   * @param reward score of the reward model, or of the rewards; NaN where none can score it
   * @param kl sum over the answer's tokens of log-prob minus reference log-prob, nats
   * @param tokens length including the stop token
   * @param finished whether it ended by itself
   */
  public record Answer(String prompt, String text, OptionalDouble gold, double reward, double kl, int tokens,
      boolean finished) {

    /** As a row of a file, keys in order. */
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("prompt", prompt);
      map.put("response", text);
      map.put("gold", gold.isPresent() ? gold.getAsDouble() : null);
      map.put("reward", Double.isFinite(reward) ? reward : null);
      map.put("kl", kl);
      map.put("tokens", tokens);
      map.put("finished", finished);
      return map;
    }

    /** The same answer with another score. */
    public Answer withReward(double score) {
      return new Answer(prompt, text, gold, score, kl, tokens, finished);
    }

    /** The answer in such a row. */
    public static Answer of(JsonNode row) {
      OptionalDouble gold = row.path("gold").isNumber() ? OptionalDouble.of(row.path("gold").asDouble())
          : OptionalDouble.empty();
      return new Answer(row.path("prompt").asText(), row.path("response").asText(), gold,
          row.path("reward").isNumber() ? row.path("reward").asDouble() : Double.NaN, row.path("kl").asDouble(),
          row.path("tokens").asInt(),
          row.path("finished").asBoolean());
    }
  }

  /** Files with one answer a row: of a flywheel's round, and of a PPO run before and after. */
  public static final String ANSWERS = "answers.jsonl";
  public static final String BEFORE = "answers-before.jsonl";
  public static final String AFTER = "answers-after.jsonl";

  /** The rows of these answers. */
  public List<Map<String, Object>> rows() {
    return answers.stream().map(Answer::toMap).toList();
  }

  public Evaluation {
    answers = List.copyOf(answers);
  }

  /** Mean gold score; empty if the recipe has no judge. */
  public OptionalDouble gold() {
    return answers.stream().map(Answer::gold).flatMapToDouble(OptionalDouble::stream).average();
  }

  /** Mean score of the answers that have one; NaN if none has. */
  public double reward() {
    return answers.stream().mapToDouble(Answer::reward).filter(reward -> !Double.isNaN(reward)).average()
        .orElse(Double.NaN);
  }

  /** Mean KL of a whole answer to the reference, nats. */
  public double kl() {
    return mean(Answer::kl);
  }

  /** Mean length, tokens. */
  public double tokens() {
    return mean(Answer::tokens);
  }

  /** Share of answers that ended by themselves. */
  public double finished() {
    return mean(answer -> answer.finished() ? 1 : 0);
  }

  private double mean(ToDoubleFunction<Answer> value) {
    return answers.stream().mapToDouble(value).average().orElseThrow();
  }
}
