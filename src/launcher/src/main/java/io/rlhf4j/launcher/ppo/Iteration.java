package io.rlhf4j.launcher.ppo;

import io.rlhf4j.launcher.ppo.IterationEvent.CallFailed;
import io.rlhf4j.launcher.ppo.IterationEvent.ChunkScored;
import io.rlhf4j.launcher.ppo.IterationEvent.ExperienceMade;
import io.rlhf4j.launcher.ppo.IterationEvent.GenerationEnded;
import io.rlhf4j.launcher.ppo.IterationEvent.RoleBack;
import io.rlhf4j.launcher.ppo.IterationEvent.RoleLost;
import io.rlhf4j.launcher.ppo.IterationEvent.RolloutArrived;
import io.rlhf4j.launcher.ppo.IterationEvent.Updated;
import io.rlhf4j.launcher.ppo.IterationState.Abandoned;
import io.rlhf4j.launcher.ppo.IterationState.Failed;
import io.rlhf4j.launcher.ppo.IterationState.Finished;
import io.rlhf4j.launcher.ppo.IterationState.Generating;
import io.rlhf4j.launcher.ppo.IterationState.Learning;
import io.rlhf4j.launcher.ppo.IterationState.MakingExperience;
import io.rlhf4j.launcher.ppo.IterationState.Scoring;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One PPO iteration as a pure function of state and event.
 *
 * <pre>
 * state             event            next state         commands
 * (begin)                            Generating         Generate
 * Generating        RolloutArrived   Generating         Score, when the prompt is complete and a chunk is full
 * Generating        GenerationEnded  Scoring            Score of the last chunk, if it is not full
 * Generating        ChunkScored      Generating
 * Scoring           ChunkScored      Scoring, or        MakeExperience, when it was the last
 *                                    MakingExperience
 * MakingExperience  ExperienceMade   Learning           Update
 * Learning          Updated          Learning, or Finished when all learners are done
 * Generating,       RoleLost         the same           Replace, for reward and reference
 * Scoring           RoleBack         the same           Score of what the role still owes
 * any but the ends  RoleLost         Abandoned          for actor and critic
 * any but the ends  CallFailed       Failed
 * </pre>
 *
 * <p>GenerationEnded goes straight to MakingExperience if every score is there already. All samples of a prompt are
 * scored together, as rewards that compare need it: a prompt joins the queue when its last sample has come. Chunks are
 * cut from that queue in its order, so what is scored together depends on the rollouts and never on timing. Anything
 * else is ignored: events of other steps, rollouts and answers that come twice, events after the end.
 */
public final class Iteration {

  /**
   * The outcome of one event.
   *
   * @param state where the iteration stands now
   * @param commands what has to be done because of it
   */
  public record Transition(IterationState state, List<IterationCommand> commands) {

    static Transition to(IterationState state, IterationCommand... commands) {
      return new Transition(state, List.of(commands));
    }
  }

  /** Roles whose state the iteration changes: one that is lost takes the iteration with it. */
  private static final Set<RoleName> LEARNERS = Set.of(RoleName.ACTOR, RoleName.CRITIC);

  private Iteration() {}

  /** The first state. */
  public static Transition begin(IterationPlan plan) {
    return Transition.to(new Generating(plan, List.of(), List.of(), ScoreBoard.EMPTY),
        new IterationCommand.Generate(plan));
  }

  /** The state after {@code event}. */
  public static Transition next(IterationState state, IterationEvent event) {
    if (event.step() != state.step()) {
      return Transition.to(state);
    }
    return switch (state) {
      case Generating generating -> generating(generating, event);
      case Scoring scoring -> scoring(scoring, event);
      case MakingExperience making -> making(making, event);
      case Learning learning -> learning(learning, event);
      case Finished end -> Transition.to(end);
      case Abandoned end -> Transition.to(end);
      case Failed end -> Transition.to(end);
    };
  }

  private static Transition generating(Generating state, IterationEvent event) {
    if (event instanceof RolloutArrived arrived) {
      return arrived(state, arrived.rollout());
    }
    if (event instanceof GenerationEnded) {
      return ended(state);
    }
    if (event instanceof ChunkScored scored) {
      return accept(state.plan(), state.rollouts(), state.board(), scored,
          board -> Transition.to(new Generating(state.plan(), state.rollouts(), state.held(), board)));
    }
    return lostOrBack(state, event, state.plan(), state.rollouts(), state.board(),
        board -> new Generating(state.plan(), state.rollouts(), state.held(), board));
  }

  private static Transition scoring(Scoring state, IterationEvent event) {
    if (event instanceof ChunkScored scored) {
      return accept(state.plan(), state.rollouts(), state.board(), scored,
          board -> whenScored(state.plan(), state.rollouts(), board));
    }
    return lostOrBack(state, event, state.plan(), state.rollouts(), state.board(),
        board -> new Scoring(state.plan(), state.rollouts(), board));
  }

  private static Transition making(MakingExperience state, IterationEvent event) {
    if (event instanceof ExperienceMade(long step, var batch)) {
      return Transition.to(new Learning(state.plan(), state.scored(), batch.metrics(), Map.of()),
          new IterationCommand.Update(step, state.plan().learners(), batch.experiences()));
    }
    return failedOrSame(state, event);
  }

  private static Transition learning(Learning state, IterationEvent event) {
    if (!(event instanceof Updated updated)) {
      return failedOrSame(state, event);
    }
    Map<RoleName, Map<String, Double>> updates = new EnumMap<>(RoleName.class);
    updates.putAll(state.updates());
    updates.putIfAbsent(updated.role(), updated.metrics());
    if (!updates.keySet().containsAll(state.plan().learners())) {
      return Transition.to(new Learning(state.plan(), state.scored(), state.metrics(), updates));
    }
    Map<String, Double> metrics = new LinkedHashMap<>(state.metrics());
    updates.forEach((role, values) -> values.forEach((name, value) -> metrics
        .put(metrics.containsKey(name) ? role.label() + "_" + name : name, value)));
    return Transition.to(new Finished(state.step(), state.scored(), metrics));
  }

  private static Transition arrived(Generating state, Rollout rollout) {
    IterationPlan plan = state.plan();
    if (Stream.concat(state.rollouts().stream(), state.held().stream())
        .anyMatch(known -> known.key().equals(rollout.key()))) {
      return Transition.to(state);
    }
    if (!plan.asksFor(rollout.key()) || state.arrived() == plan.rollouts()) {
      return broken(state, "the actor sent " + rollout.key() + ", which nobody asked for");
    }
    List<Rollout> held = new ArrayList<>(state.held());
    held.add(rollout);
    List<Rollout> group = held.stream().filter(one -> one.key().promptId() == rollout.key().promptId())
        .sorted(Comparator.comparing(Rollout::key)).toList();
    if (group.size() < plan.sampling().samplesPerPrompt()) {
      return Transition.to(new Generating(plan, state.rollouts(), List.copyOf(held), state.board()));
    }
    held.removeAll(group);
    List<Rollout> rollouts = new ArrayList<>(state.rollouts());
    rollouts.addAll(group);
    Generating after = new Generating(plan, List.copyOf(rollouts), List.copyOf(held), state.board());
    int count = rollouts.size();
    return count % plan.scoreBatchSize() == 0
        ? Transition.to(after,
            score(plan, after.rollouts(), count / plan.scoreBatchSize() - 1, after.board().present(plan)))
        : Transition.to(after);
  }

  private static Transition ended(Generating state) {
    IterationPlan plan = state.plan();
    int count = state.arrived();
    if (count != plan.rollouts()) {
      return broken(state, "the actor sent " + count + " of " + plan.rollouts() + " rollouts");
    }
    return count % plan.scoreBatchSize() == 0
        ? whenScored(plan, state.rollouts(), state.board())
        : Transition.to(new Scoring(plan, state.rollouts(), state.board()),
            score(plan, state.rollouts(), plan.chunks() - 1, state.board().present(plan)));
  }

  private static IterationCommand score(IterationPlan plan, List<Rollout> rollouts, int chunk, Set<RoleName> roles) {
    return new IterationCommand.Score(plan, chunk, chunk(plan, rollouts, chunk), roles);
  }

  private static Transition lostOrBack(IterationState state, IterationEvent event, IterationPlan plan,
      List<Rollout> rollouts, ScoreBoard board, Function<ScoreBoard, IterationState> with) {
    if (event instanceof RoleLost lost && !LEARNERS.contains(lost.role())) {
      return board.away().contains(lost.role()) ? Transition.to(state)
          : Transition.to(with.apply(board.without(lost.role())),
              new IterationCommand.Replace(plan.step(), lost.role()));
    }
    if (event instanceof RoleBack(long step, var role) && board.away().contains(role)) {
      // Only full chunks have been cut while rollouts still arrive.
      int cut = state instanceof Generating ? rollouts.size() / plan.scoreBatchSize() : plan.chunks();
      List<IterationCommand> owed = IntStream.range(0, cut).filter(chunk -> !board.has(chunk, role))
          .mapToObj(chunk -> score(plan, rollouts, chunk, Set.of(role))).toList();
      return new Transition(with.apply(board.back(role)), owed);
    }
    return failedOrSame(state, event);
  }

  private static List<Rollout> chunk(IterationPlan plan, List<Rollout> rollouts, int chunk) {
    int start = chunk * plan.scoreBatchSize();
    return rollouts.subList(start, Math.min(rollouts.size(), start + plan.scoreBatchSize()));
  }

  private static Transition accept(IterationPlan plan, List<Rollout> rollouts, ScoreBoard board, ChunkScored scored,
      Function<ScoreBoard, Transition> then) {
    if (board.has(scored.chunk(), scored.role())) {
      return then.apply(board);
    }
    List<Rollout> chunk = chunk(plan, rollouts, scored.chunk());
    boolean fits = scored.rows().size() == chunk.size();
    for (int i = 0; fits && i < chunk.size(); i++) {
      int expected = scored.role() == RoleName.REWARD ? 1 : chunk.get(i).response().length;
      fits = scored.rows().get(i).length == expected;
    }
    if (!fits) {
      return Transition.to(new Failed(plan.step(), new IllegalStateException("the " + scored.role().label()
          + "'s answer to chunk " + scored.chunk() + " of iteration " + plan.step() + " has the wrong shape")));
    }
    return then.apply(board.with(scored.chunk(), scored.role(), scored.rows()));
  }

  private static Transition whenScored(IterationPlan plan, List<Rollout> rollouts, ScoreBoard board) {
    if (!board.isComplete(plan)) {
      return Transition.to(new Scoring(plan, rollouts, board));
    }
    List<ScoredRollout> scored = board.assemble(plan, rollouts);
    return Transition.to(new MakingExperience(plan, scored), new IterationCommand.MakeExperience(plan.step(), scored));
  }

  private static Transition failedOrSame(IterationState state, IterationEvent event) {
    return switch (event) {
      case CallFailed failed -> Transition.to(new Failed(state.step(), failed.reason()));
      case RoleLost(long step, var role, var reason) when LEARNERS.contains(role) ->
          Transition.to(new Abandoned(step, role, reason));
      default -> Transition.to(state);
    };
  }

  private static Transition broken(IterationState state, String problem) {
    return Transition.to(
        new Failed(state.step(), new IllegalStateException("iteration " + state.step() + ": " + problem)));
  }
}
