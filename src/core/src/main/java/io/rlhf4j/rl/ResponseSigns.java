package io.rlhf4j.rl;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the responses of an iteration look like as a whole; the usual ways to please a reward model without being better
 * show here first.
 */
public final class ResponseSigns {

  private static final int RUN = 3;

  private ResponseSigns() {}

  /**
   * The signs, each a number that does not depend on the order of the responses:
   * <ul>
   *   <li>{@code score_min}, {@code score_max}</li>
   *   <li>{@code length_score_correlation}: Pearson's, 0 where one of the two does not vary</li>
   *   <li>{@code repetition}: mean over responses of the share of their runs of three tokens that occurred before in
   *       the same response</li>
   *   <li>{@code duplicate_rate}: share of responses that another prompt's response equals token for token</li>
   *   <li>{@code flat_group_rate}: share of prompts with several responses that all scored the same; left out where
   *       each prompt has one</li>
   * </ul>
   */
  public static Map<String, Double> of(List<ScoredRollout> batch) {
    Map<String, Double> signs = new LinkedHashMap<>();
    signs.put("score_min", batch.stream().mapToDouble(ScoredRollout::score).min().orElse(0));
    signs.put("score_max", batch.stream().mapToDouble(ScoredRollout::score).max().orElse(0));
    signs.put("length_score_correlation", lengthScoreCorrelation(batch));
    signs.put("repetition",
        batch.stream().mapToDouble(one -> repetition(one.rollout().response())).average().orElse(0));
    signs.put("duplicate_rate", duplicateRate(batch));
    Map<Long, List<ScoredRollout>> groups =
        batch.stream().collect(Collectors.groupingBy(one -> one.rollout().key().promptId()));
    long several = groups.values().stream().filter(group -> group.size() > 1).count();
    if (several > 0) {
      long flat = groups.values().stream().filter(group -> group.size() > 1)
          .filter(group -> group.stream().map(ScoredRollout::score).distinct().count() == 1).count();
      signs.put("flat_group_rate", (double) flat / several);
    }
    return signs;
  }

  private static double lengthScoreCorrelation(List<ScoredRollout> batch) {
    double meanLength = batch.stream().mapToInt(one -> one.rollout().response().length).average().orElse(0);
    double meanScore = batch.stream().mapToDouble(ScoredRollout::score).average().orElse(0);
    double both = 0;
    double lengths = 0;
    double scores = 0;
    for (ScoredRollout one : batch) {
      double length = one.rollout().response().length - meanLength;
      double score = one.score() - meanScore;
      both += length * score;
      lengths += length * length;
      scores += score * score;
    }
    return lengths == 0 || scores == 0 ? 0 : both / Math.sqrt(lengths * scores);
  }

  private static double repetition(int[] tokens) {
    int runs = tokens.length - RUN + 1;
    Set<String> seen = new HashSet<>();
    for (int t = 0; t < runs; t++) {
      seen.add(Arrays.toString(Arrays.copyOfRange(tokens, t, t + RUN)));
    }
    return runs <= 0 ? 0 : 1 - (double) seen.size() / runs;
  }

  private static double duplicateRate(List<ScoredRollout> batch) {
    Map<String, Set<Long>> prompts = batch.stream().collect(Collectors.groupingBy(ResponseSigns::text,
        Collectors.mapping(one -> one.rollout().key().promptId(), Collectors.toSet())));
    long copies = batch.stream().filter(one -> prompts.getOrDefault(text(one), Set.of()).size() > 1).count();
    return batch.isEmpty() ? 0 : (double) copies / batch.size();
  }

  private static String text(ScoredRollout one) {
    return Arrays.toString(one.rollout().response());
  }
}
