package io.rlhf4j.reward.kind;

import io.rlhf4j.config.EnsembleRule;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RewardSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One score out of several: an answer that a member cannot score is left to the others. */
final class EnsembleReward implements GroupReward {

  private final RewardSpec.Ensemble spec;
  private final List<Rewards> members;

  private EnsembleReward(RewardSpec.Ensemble spec, List<Rewards> members) {
    this.spec = spec;
    this.members = members;
  }

  static EnsembleReward open(RewardSpec.Ensemble spec, InferencePrecision precision) {
    List<Rewards> members = new ArrayList<>();
    try {
      spec.members().forEach(member -> members.add(Rewards.open(List.of(member), precision)));
      return new EnsembleReward(spec, members);
    } catch (RuntimeException e) {
      members.forEach(Rewards::close);
      throw e;
    }
  }

  @Override
  public List<double[]> score(List<AnswerGroup> groups) {
    List<List<double[]>> all = members.stream().map(member -> member.score(groups)).toList();
    List<double[]> scores = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      double[] combined = new double[groups.get(g).answers().size()];
      for (int a = 0; a < combined.length; a++) {
        int group = g;
        int answer = a;
        combined[a] = combine(spec.rule(), spec.penalty(),
            all.stream().mapToDouble(member -> member.get(group)[answer]).toArray());
      }
      scores.add(combined);
    }
    return scores;
  }

  /** The standard deviation is that of the members themselves, with divisor n. */
  static double combine(EnsembleRule rule, double penalty, double[] scores) {
    double[] known = Arrays.stream(scores).filter(score -> !Double.isNaN(score)).toArray();
    if (known.length == 0) {
      return Double.NaN;
    }
    double mean = Arrays.stream(known).average().orElseThrow();
    return switch (rule) {
      case MEAN -> mean;
      case MIN -> Arrays.stream(known).min().orElseThrow();
      case UNCERTAINTY -> mean - penalty
          * Math.sqrt(Arrays.stream(known).map(score -> (score - mean) * (score - mean)).average().orElseThrow());
    };
  }

  @Override
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    members.forEach(member -> member.counts().forEach((what, count) -> counts.merge(what, count, Long::sum)));
    return counts;
  }

  @Override
  public void close() {
    members.forEach(Rewards::close);
  }
}
