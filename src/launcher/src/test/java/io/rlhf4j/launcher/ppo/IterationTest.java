package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.launcher.ppo.Iteration.Transition;
import io.rlhf4j.launcher.ppo.IterationEvent.CallFailed;
import io.rlhf4j.launcher.ppo.IterationEvent.ChunkScored;
import io.rlhf4j.launcher.ppo.IterationEvent.ExperienceMade;
import io.rlhf4j.launcher.ppo.IterationEvent.GenerationEnded;
import io.rlhf4j.launcher.ppo.IterationEvent.RolloutArrived;
import io.rlhf4j.launcher.ppo.IterationEvent.Updated;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ExperienceBatch;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IterationTest {

  private static final Set<RoleName> ALL = Set.of(RoleName.values());
  private static final long STEP = 4;
  /** Five rollouts in chunks of two: 2, 2, 1. Prompt 9 comes first in the stream, prompt 1 last. */
  private static final IterationPlan PLAN = new IterationPlan(STEP, prompts(9, 7, 5, 3, 1),
      new SamplingOptions(0.5, 1, 0, 0, 8, 1, 0), 2, ALL);

  private IterationState state = Iteration.begin(PLAN).state();
  private final List<IterationCommand> commands = new ArrayList<>();

  @Test
  void aWholeIteration() {
    assertThat(Iteration.begin(PLAN).commands()).containsExactly(new IterationCommand.Generate(PLAN));
    feed(new RolloutArrived(STEP, rollout(9)));
    assertThat(commands).isEmpty();
    feed(new RolloutArrived(STEP, rollout(7)));
    assertThat(takeChunk(0)).containsExactly(9L, 7L);
    feed(new RolloutArrived(STEP, rollout(5)));
    scoreAll(0, 9, 7);
    feed(new RolloutArrived(STEP, rollout(3)));
    assertThat(takeChunk(1)).containsExactly(5L, 3L);
    feed(new RolloutArrived(STEP, rollout(1)));
    feed(new GenerationEnded(STEP));
    assertThat(state).isInstanceOf(IterationState.Scoring.class);
    assertThat(takeChunk(2)).containsExactly(1L);
    scoreAll(2, 1);
    assertThat(commands).isEmpty();
    scoreAll(1, 5, 3);
    List<ScoredRollout> scored = ((IterationCommand.MakeExperience) commands.removeFirst()).scored();
    assertThat(scored).extracting(one -> one.rollout().key().promptId()).containsExactly(1L, 3L, 5L, 7L, 9L);
    ScoredRollout seven = scored.get(3);
    assertThat(seven.score()).isEqualTo(72f);
    assertThat(seven.policyLogProbs()).containsExactly(70f, 70f);
    assertThat(seven.values()).containsExactly(71f, 71f);
    assertThat(seven.referenceLogProbs()).containsExactly(73f, 73f);

    List<Experience> experience = List.of();
    feed(new ExperienceMade(STEP, new ExperienceBatch(experience, Map.of("kl", 0.5))));
    assertThat(commands).containsExactly(new IterationCommand.Update(STEP, PLAN.learners(), experience));
    feed(new Updated(STEP, RoleName.CRITIC, Map.of("value_loss", 2.0)));
    assertThat(state).isInstanceOf(IterationState.Learning.class);
    feed(new Updated(STEP, RoleName.CRITIC, Map.of("value_loss", 3.0)));
    assertThat(state).isInstanceOf(IterationState.Learning.class);
    feed(new Updated(STEP, RoleName.ACTOR, Map.of("policy_loss", 1.0, "kl", 9.0)));
    assertThat(((IterationState.Finished) state).metrics()).containsEntry("kl", 0.5).containsEntry("actor_kl", 9.0)
        .containsEntry("policy_loss", 1.0).containsEntry("value_loss", 2.0).hasSize(4);
  }

  @Test
  void withoutACriticNobodyWaitsForOne() {
    IterationPlan plan = new IterationPlan(STEP, prompts(1, 2), PLAN.sampling(), 2,
        Set.of(RoleName.ACTOR, RoleName.REWARD, RoleName.REFERENCE));
    state = Iteration.begin(plan).state();
    feed(new RolloutArrived(STEP, rollout(1)));
    feed(new RolloutArrived(STEP, rollout(2)));
    assertThat(takeChunk(0)).containsExactly(1L, 2L);
    feed(new GenerationEnded(STEP));
    for (RoleName role : plan.roles()) {
      feed(answer(0, role, List.of(1L, 2L)));
    }
    List<ScoredRollout> scored = ((IterationCommand.MakeExperience) commands.removeFirst()).scored();
    assertThat(scored).hasSize(2).allSatisfy(one -> assertThat(one.hasValues()).isFalse());
    feed(new ExperienceMade(STEP, new ExperienceBatch(List.of(), Map.of())));
    assertThat(commands).containsExactly(new IterationCommand.Update(STEP, Set.of(RoleName.ACTOR), List.of()));
    feed(new Updated(STEP, RoleName.ACTOR, Map.of("policy_loss", 1.0)));
    assertThat(state).isInstanceOf(IterationState.Finished.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void timingAndDuplicatesChangeNothing(int seed) {
    Random random = new Random(seed);
    List<IterationEvent> pending = new ArrayList<>();
    List<List<Long>> chunks = new ArrayList<>();
    List<Long> stream = new ArrayList<>(List.of(9L, 7L, 5L, 3L, 1L));
    boolean ended = false;
    while (!(state instanceof IterationState.MakingExperience)) {
      IterationEvent event;
      if (!pending.isEmpty() && (ended || random.nextBoolean())) {
        Collections.shuffle(pending, random);
        event = random.nextInt(4) == 0 ? pending.getFirst() : pending.removeFirst();
      } else if (!stream.isEmpty()) {
        event = new RolloutArrived(STEP, rollout(random.nextInt(4) == 0 ? stream.getFirst() : stream.removeFirst()));
      } else {
        event = new GenerationEnded(STEP);
        ended = true;
      }
      feed(event);
      feed(new RolloutArrived(STEP - 1, rollout(1)));
      for (IterationCommand command : takeAll()) {
        if (command instanceof IterationCommand.Score(var plan, int chunk, var rollouts, var asked)) {
          chunks.add(ids(rollouts));
          for (RoleName role : RoleName.values()) {
            pending.add(answer(chunk, role, ids(rollouts)));
          }
        }
      }
    }
    assertThat(chunks).containsExactly(List.of(9L, 7L), List.of(5L, 3L), List.of(1L));
    assertThat(((IterationState.MakingExperience) state).scored()).hasSize(5)
        .allSatisfy(one -> assertThat(one.score()).isEqualTo(one.rollout().key().promptId() * 10 + 2));
  }

  /** Samples of four prompts come mixed; three to a call, rounded up to four, are the samples of two prompts. */
  @Test
  void samplesOfAPromptAreScoredTogether() {
    IterationPlan plan = new IterationPlan(STEP, prompts(9, 7, 5, 3), new SamplingOptions(0.5, 1, 0, 0, 8, 2, 0), 3,
        ALL);
    assertThat(plan.scoreBatchSize()).isEqualTo(4);
    state = Iteration.begin(plan).state();
    feed(new RolloutArrived(STEP, rollout(9, 1)));
    feed(new RolloutArrived(STEP, rollout(7, 0)));
    feed(new RolloutArrived(STEP, rollout(5, 0)));
    feed(new RolloutArrived(STEP, rollout(7, 0)));
    feed(new RolloutArrived(STEP, rollout(5, 1)));
    assertThat(commands).isEmpty();
    assertThat(((IterationState.Generating) state).arrived()).isEqualTo(4);
    feed(new RolloutArrived(STEP, rollout(9, 0)));
    IterationCommand.Score first = (IterationCommand.Score) commands.getFirst();
    assertThat(first.rollouts()).extracting(one -> one.key().sampleIndex()).containsExactly(0, 1, 0, 1);
    assertThat(takeChunk(0)).containsExactly(5L, 5L, 9L, 9L);
    feed(new RolloutArrived(STEP, rollout(3, 0)));
    feed(new RolloutArrived(STEP, rollout(3, 1)));
    assertThat(commands).isEmpty();
    feed(new RolloutArrived(STEP, rollout(7, 1)));
    assertThat(takeChunk(1)).containsExactly(3L, 3L, 7L, 7L);
    feed(new GenerationEnded(STEP));
    scoreAll(0, 5, 5, 9, 9);
    scoreAll(1, 3, 3, 7, 7);
    assertThat(((IterationState.MakingExperience) state).scored())
        .extracting(one -> one.rollout().key().promptId() + ":" + one.rollout().key().sampleIndex() + " "
            + one.score())
        .containsExactly("3:0 32.0", "3:1 32.0", "5:0 52.0", "5:1 52.0", "7:0 72.0", "7:1 72.0", "9:0 92.0",
            "9:1 92.0");
  }

  @Test
  void aRolloutThatNobodyAskedForFails() {
    feed(new RolloutArrived(STEP, rollout(2)));
    assertThat(((IterationState.Failed) state).reason()).hasMessageContaining("promptId=2")
        .hasMessageEndingWith("which nobody asked for");
  }

  @Test
  void aSecondSampleThatNobodyAskedForFails() {
    feed(new RolloutArrived(STEP, rollout(9, 1)));
    assertThat(((IterationState.Failed) state).reason()).hasMessageContaining("sampleIndex=1");
  }

  @Test
  void aFullLastChunkIsScoredOnce() {
    IterationPlan plan = new IterationPlan(STEP, prompts(1, 2), PLAN.sampling(), 2, ALL);
    state = Iteration.begin(plan).state();
    feed(new RolloutArrived(STEP, rollout(1)));
    feed(new RolloutArrived(STEP, rollout(2)));
    assertThat(takeChunk(0)).containsExactly(1L, 2L);
    scoreAll(0, 1, 2);
    assertThat(state).isInstanceOf(IterationState.Generating.class);
    feed(new GenerationEnded(STEP));
    assertThat(state).isInstanceOf(IterationState.MakingExperience.class);
  }

  @Test
  void tooFewRolloutsFail() {
    feed(new RolloutArrived(STEP, rollout(9)));
    feed(new GenerationEnded(STEP));
    assertThat(((IterationState.Failed) state).reason()).hasMessage("iteration 4: the actor sent 1 of 5 rollouts");
  }

  @Test
  void anAnswerOfTheWrongShapeFails() {
    feed(new RolloutArrived(STEP, rollout(9)));
    feed(new RolloutArrived(STEP, rollout(7)));
    feed(new ChunkScored(STEP, 0, RoleName.CRITIC, List.of(new float[2], new float[1])));
    assertThat(((IterationState.Failed) state).reason())
        .hasMessage("the critic's answer to chunk 0 of iteration 4 has the wrong shape");
  }

  @Test
  void aFailedCallEndsEveryPhaseAndNothingFollows() {
    RuntimeException reason = new IllegalStateException("reward at 127.0.0.1:1: gone");
    feed(new CallFailed(STEP, reason));
    IterationState failed = state;
    assertThat(failed).isEqualTo(new IterationState.Failed(STEP, reason));
    feed(new RolloutArrived(STEP, rollout(9)));
    feed(new GenerationEnded(STEP));
    assertThat(state).isSameAs(failed);
    assertThat(commands).isEmpty();
  }

  @Test
  void aPromptTwiceIsRefused() {
    assertThatThrownBy(() -> new IterationPlan(0, prompts(1, 2, 1), PLAN.sampling(), 2, ALL))
        .hasMessage("iteration 0 has prompt 1 twice");
  }

  private void feed(IterationEvent event) {
    Transition transition = Iteration.next(state, event);
    state = transition.state();
    commands.addAll(transition.commands());
  }

  private void scoreAll(int chunk, long... ids) {
    List<Long> list = Arrays.stream(ids).boxed().toList();
    for (RoleName role : RoleName.values()) {
      feed(answer(chunk, role, list));
    }
  }

  /** Ten times the prompt id plus 0 for the actor, 1 critic, 2 reward, 3 reference. */
  private static ChunkScored answer(int chunk, RoleName role, List<Long> ids) {
    List<float[]> rows = ids.stream().map(id -> {
      float value = id * 10 + role.ordinal();
      return role == RoleName.REWARD ? new float[] {value} : new float[] {value, value};
    }).toList();
    return new ChunkScored(STEP, chunk, role, rows);
  }

  private List<Long> takeChunk(int chunk) {
    IterationCommand.Score score = (IterationCommand.Score) commands.removeFirst();
    assertThat(commands).isEmpty();
    assertThat(score.chunk()).isEqualTo(chunk);
    return ids(score.rollouts());
  }

  private List<IterationCommand> takeAll() {
    List<IterationCommand> taken = List.copyOf(commands);
    commands.clear();
    return taken;
  }

  private static List<Long> ids(List<Rollout> rollouts) {
    return rollouts.stream().map(rollout -> rollout.key().promptId()).toList();
  }

  private static List<PromptRequest> prompts(long... ids) {
    return Arrays.stream(ids).mapToObj(id -> new PromptRequest(id, new int[] {1})).toList();
  }

  private static Rollout rollout(long promptId) {
    return rollout(promptId, 0);
  }

  private static Rollout rollout(long promptId, int sample) {
    return new Rollout(new RolloutKey(STEP, promptId, sample, 0), new int[] {1}, new int[] {2, 3}, new float[2],
        FinishReason.STOP);
  }
}
