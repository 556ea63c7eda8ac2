package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.generate.ResponseText;
import io.rlhf4j.launcher.ppo.RoleSet;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Samples one answer to each test prompt from the actor as it stands and judges it. The random numbers are the same
 * each time, so that two evaluations differ by the policy alone.
 */
public final class Evaluator {

  /** Rollout keys of evaluations never meet those of training, whose steps count from 0. */
  private static final long EVALUATION_STEP = -1;

  private final List<PromptRow> rows;
  private final Tokenizer tokenizer;
  private final ChatRenderer renderer;
  private final SamplingOptions sampling;
  private final int chunk;
  private final Optional<Task> task;

  /** @param sampling one sample for each prompt */
  public Evaluator(List<PromptRow> rows, Tokenizer tokenizer, SamplingOptions sampling, int chunk,
      Optional<Task> task) {
    this.rows = List.copyOf(rows);
    this.tokenizer = tokenizer;
    this.renderer = ChatRenderer.of(tokenizer);
    this.sampling = sampling;
    this.chunk = chunk;
    this.task = task;
  }

  /** Answers that the reward role scores. */
  public Evaluation run(RoleSet roles) {
    return run(roles.actor(), roles.reference(), roles.reward()::score);
  }

  /** Answers without rewards, for a caller that scores texts: theirs are NaN. */
  public Evaluation run(ActorRole actor, ReferenceRole reference) {
    return run(actor, reference, sequences -> {
      float[] none = new float[sequences.size()];
      Arrays.fill(none, Float.NaN);
      return none;
    });
  }

  private Evaluation run(ActorRole actor, ReferenceRole reference, Function<List<TokenSequence>, float[]> reward) {
    List<Rollout> rollouts = sample(actor);
    Map<Long, PromptRow> prompts = rows.stream().collect(Collectors.toMap(PromptRow::id, Function.identity()));
    List<Evaluation.Answer> answers = new ArrayList<>(rollouts.size());
    for (int start = 0; start < rollouts.size(); start += chunk) {
      List<Rollout> part = rollouts.subList(start, Math.min(rollouts.size(), start + chunk));
      answers.addAll(judge(actor, reference, reward, part, prompts));
    }
    return new Evaluation(answers);
  }

  /** Mean of the best reachable gold scores; empty without a judge. */
  public OptionalDouble best() {
    return task.map(judge -> rows.stream().mapToDouble(row -> judge.best(row.messages())).average())
        .orElse(OptionalDouble.empty());
  }

  private List<Rollout> sample(ActorRole actor) {
    List<Rollout> rollouts = new ArrayList<>();
    List<PromptRequest> requests =
        rows.stream().map(row -> new PromptRequest(row.id(), renderer.promptIds(row.messages()))).toList();
    actor.generate(EVALUATION_STEP, requests, sampling, rollouts::add);
    rollouts.sort(Comparator.comparingLong(rollout -> rollout.key().promptId()));
    return rollouts;
  }

  private List<Evaluation.Answer> judge(ActorRole actor, ReferenceRole frozen,
      Function<List<TokenSequence>, float[]> reward, List<Rollout> rollouts, Map<Long, PromptRow> prompts) {
    List<TokenSequence> sequences = rollouts.stream().map(Rollout::sequence).toList();
    double temperature = sampling.temperature() > 0 ? sampling.temperature() : 1;
    float[] rewards = reward.apply(sequences);
    List<float[]> policy = actor.logProbs(sequences, temperature);
    List<float[]> reference = frozen.logProbs(sequences, temperature);
    List<Evaluation.Answer> answers = new ArrayList<>(rollouts.size());
    for (int i = 0; i < rollouts.size(); i++) {
      Rollout rollout = rollouts.get(i);
      PromptRow row = prompts.get(rollout.key().promptId());
      String text = ResponseText.of(rollout, tokenizer, sampling.stop());
      OptionalDouble gold = task.isPresent() ? OptionalDouble.of(task.get().gold(row.messages(), text))
          : OptionalDouble.empty();
      answers.add(new Evaluation.Answer(row.messages().getLast().content(), text, gold, rewards[i],
          difference(policy.get(i), reference.get(i)), rollout.response().length,
          rollout.finish().isComplete()));
    }
    return answers;
  }

  private static double difference(float[] policy, float[] reference) {
    double sum = 0;
    for (int t = 0; t < policy.length; t++) {
      sum += policy[t] - reference[t];
    }
    return sum;
  }
}
