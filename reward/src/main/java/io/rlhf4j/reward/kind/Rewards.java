package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RewardSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rewards of a recipe, weighted and summed. An answer that one of them cannot score is scored by the others; NaN is
 * what none of them can score.
 */
public final class Rewards implements GroupReward {

  private final List<Part> parts;

  private Rewards(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** One reward of the list, under a name that no other of them has. */
  private record Part(String name, double weight, Reward reward) {}

  /**
   * Scores and what they are made of.
   *
   * @param totals weighted sums, as {@link #score} returns them
   * @param parts the scores of each reward before its weight, by its name
   */
  public record Details(List<double[]> totals, Map<String, List<double[]>> parts) {}

  /**
   * Opens what the list asks for: loads models, compiles patterns.
   *
   * @throws InputException if the list is empty or something in it cannot be used; nothing stays open then
   */
  public static Rewards open(List<RewardSpec> specs) {
    return open(specs, InferencePrecision.FP32);
  }

  /**
   * Like the other.
   *
   * @param precision of reward models with a score head; INT8 is for models that {@code PairAgreement} allows it
   */
  public static Rewards open(List<RewardSpec> specs, InferencePrecision precision) {
    if (specs.isEmpty()) {
      throw InputException.key("rewards", "is empty, must name at least one reward");
    }
    List<Part> parts = new ArrayList<>();
    try {
      Map<String, Integer> seen = new LinkedHashMap<>();
      for (RewardSpec spec : specs) {
        Reward reward = RewardKinds.open(spec, precision);
        String kind = RewardKinds.name(spec);
        int number = seen.merge(kind, 1, Integer::sum);
        parts.add(new Part(number == 1 ? kind : kind + "-" + number, spec.weight(), reward));
      }
      return new Rewards(parts);
    } catch (RuntimeException e) {
      parts.forEach(part -> part.reward().close());
      throw e;
    }
  }

  /** A single reward of a program, with weight 1. */
  public static Rewards of(String name, Reward reward) {
    return new Rewards(List.of(new Part(name, 1, reward)));
  }

  /** Names in the order of the list: the kind, with a number where a kind occurs again. */
  public List<String> names() {
    return parts.stream().map(Part::name).toList();
  }

  @Override
  public List<double[]> score(List<AnswerGroup> groups) {
    return details(groups).totals();
  }

  /** Like {@link #score}, with the score of every single reward. */
  public Details details(List<AnswerGroup> groups) {
    List<double[]> totals = new ArrayList<>();
    groups.forEach(group -> totals.add(Nans.of(group.answers().size())));
    Map<String, List<double[]>> byName = new LinkedHashMap<>();
    for (Part part : parts) {
      List<double[]> scores = part.reward().score(groups);
      byName.put(part.name(), scores);
      for (int g = 0; g < scores.size(); g++) {
        Nans.addScaled(totals.get(g), scores.get(g), part.weight());
      }
    }
    return new Details(totals, byName);
  }

  @Override
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    parts.forEach(part -> part.reward().counts().forEach((what, count) -> counts.merge(part.name() + ": " + what,
        count, Long::sum)));
    return counts;
  }

  @Override
  public void close() {
    parts.forEach(part -> part.reward().close());
  }
}
