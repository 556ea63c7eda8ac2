package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the roles have said so far about the chunks of one iteration.
 *
 * @param away roles that were lost and are not back yet
 * @param answers for each chunk and role one row a rollout: {@code [1]} from the reward role, {@code [n]} from others
 */
record ScoreBoard(Set<RoleName> away, Map<Cell, List<float[]>> answers) {

  /** One role's answer to one chunk. */
  record Cell(int chunk, RoleName role) {}

  private static final float[] NO_VALUES = {};

  static final ScoreBoard EMPTY = new ScoreBoard(Set.of(), Map.of());

  ScoreBoard {
    away = Set.copyOf(away);
    answers = Map.copyOf(answers);
  }

  /** Roles that can be asked. */
  Set<RoleName> present(IterationPlan plan) {
    Set<RoleName> present = EnumSet.copyOf(plan.roles());
    present.removeAll(away);
    return present;
  }

  ScoreBoard without(RoleName role) {
    Set<RoleName> more = new HashSet<>(away);
    more.add(role);
    return new ScoreBoard(more, answers);
  }

  ScoreBoard back(RoleName role) {
    Set<RoleName> fewer = new HashSet<>(away);
    fewer.remove(role);
    return new ScoreBoard(fewer, answers);
  }

  boolean has(int chunk, RoleName role) {
    return answers.containsKey(new Cell(chunk, role));
  }

  ScoreBoard with(int chunk, RoleName role, List<float[]> rows) {
    Map<Cell, List<float[]>> more = new HashMap<>(answers);
    more.put(new Cell(chunk, role), List.copyOf(rows));
    return new ScoreBoard(away, more);
  }

  boolean isComplete(IterationPlan plan) {
    return answers.size() == plan.chunks() * plan.roles().size();
  }

  /** The scored rollouts in the order of their keys; their values are empty in a run without a critic. */
  List<ScoredRollout> assemble(IterationPlan plan, List<Rollout> rollouts) {
    int chunkSize = plan.scoreBatchSize();
    boolean critic = plan.roles().contains(RoleName.CRITIC);
    List<ScoredRollout> scored = new ArrayList<>(rollouts.size());
    for (int i = 0; i < rollouts.size(); i++) {
      int chunk = i / chunkSize;
      int row = i % chunkSize;
      scored.add(new ScoredRollout(rollouts.get(i), row(chunk, RoleName.REWARD, row)[0],
          row(chunk, RoleName.ACTOR, row), row(chunk, RoleName.REFERENCE, row),
          critic ? row(chunk, RoleName.CRITIC, row) : NO_VALUES));
    }
    scored.sort(Comparator.comparing(one -> one.rollout().key()));
    return List.copyOf(scored);
  }

  private float[] row(int chunk, RoleName role, int row) {
    List<float[]> rows = answers.get(new Cell(chunk, role));
    if (rows == null) {
      throw new IllegalStateException("chunk " + chunk + " was not scored by the " + role.label());
    }
    return rows.get(row);
  }
}
