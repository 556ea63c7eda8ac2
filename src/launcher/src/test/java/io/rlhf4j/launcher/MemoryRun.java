package io.rlhf4j.launcher;

import io.rlhf4j.actor.PpoActor;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.critic.PpoCritic;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reference.FrozenReference;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.rl.ExperienceMaker;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Main class of a JVM that does nothing but PPO with plain role objects and tells how much memory it has:
 * {@code MemoryRun DIRECTORY LEAKED_BYTES}. A leak keeps one tensor of that size alive in every iteration.
 */
final class MemoryRun {

  static final int WARM_UP = 60;
  static final int ITERATIONS = Integer.getInteger("rlhf4j.iterations", 200);
  private static final int REPORTS = 10;

  private static final LlamaConfig SHAPE = new LlamaConfig(300, 32, 64, 2, 2, 1, 16, 1e-5, 1e4, 64, true);
  private static final RecipeConfig RECIPE = RecipeConfig.parse("""
      model: {max_position_embeddings: 64}
      data: {max_length: 48, max_prompt_length: 24}
      ppo: {max_new_tokens: 12, samples_per_prompt: 2, mini_batch_size: 8, epochs: 2, actor: {learning_rate: 1.0e-4}}
      """);

  private static final List<Long> STEP_MICROS = new ArrayList<>();

  private MemoryRun() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    int leakedFloats = Integer.parseInt(arguments[1]) / Float.BYTES;
    Compute.configure(1, 1);
    saveModels(directory);
    try (PpoActor actor = new PpoActor(CausalModel.load(directory.resolve("policy")),
        Tokenizer.load(directory.resolve("policy")), RECIPE.ppo(), 0, 1);
        PpoCritic critic = new PpoCritic(ScalarModel.load(directory.resolve("reward")),
            Tokenizer.load(directory.resolve("policy")), RECIPE.ppo(), 1);
        RewardModelScorer reward = RewardModelScorer.load(directory.resolve("reward"), 1000, false);
        FrozenReference reference = new FrozenReference(CausalModel.load(directory.resolve("policy")), 1000)) {
      ExperienceMaker maker = new ExperienceMaker(RECIPE.ppo().experience());
      for (int step = 0; step < WARM_UP + ITERATIONS; step++) {
        if (step >= WARM_UP && (step - WARM_UP) % (ITERATIONS / REPORTS) == 0) {
          report(step);
        }
        long start = System.nanoTime();
        iterate(step, actor, critic, reward, reference, maker);
        STEP_MICROS.add((System.nanoTime() - start) / 1000);
        leak(leakedFloats);
      }
      report(WARM_UP + ITERATIONS);
    }
  }

  private static void iterate(long step, PpoActor actor, PpoCritic critic, RewardModelScorer reward,
      FrozenReference reference, ExperienceMaker maker) {
    List<PromptRequest> prompts = LongStream.range(0, 4)
        .mapToObj(id -> new PromptRequest(id, new int[] {5, 6, 7, (int) (8 + (step + id) % 200)})).toList();
    List<Rollout> rollouts = new ArrayList<>();
    actor.generate(step, prompts, RECIPE.ppo().sampling(1), rollouts::add);
    rollouts.sort(Comparator.comparing(Rollout::key));
    List<TokenSequence> sequences = rollouts.stream().map(Rollout::sequence).toList();
    List<float[]> policy = actor.logProbs(sequences, 1);
    List<float[]> frozen = reference.logProbs(sequences, 1);
    List<float[]> values = critic.values(sequences);
    float[] scores = reward.score(sequences);
    List<ScoredRollout> scored = new ArrayList<>();
    for (int i = 0; i < rollouts.size(); i++) {
      scored.add(new ScoredRollout(rollouts.get(i), scores[i], policy.get(i), frozen.get(i), values.get(i)));
    }
    var batch = maker.make(step, scored).experiences();
    Map<String, Double> metrics = actor.update(step, batch);
    critic.update(step, batch);
    if (metrics.isEmpty()) {
      throw new IllegalStateException("nothing was learnt");
    }
  }

  private static void leak(int floats) {
    if (floats > 0) {
      try (MemoryScope ignored = MemoryScope.open()) {
        Tensor.of(new float[floats], floats).owned();
      }
    }
  }

  /** One line: iterations, tensors alive, resident memory and Java heap in kB, median time of the last steps in us. */
  private static void report(int iterations) throws IOException {
    System.gc();
    Runtime java = Runtime.getRuntime();
    long heap = (java.totalMemory() - java.freeMemory()) / 1024;
    List<Long> steps = STEP_MICROS.stream().sorted().toList();
    STEP_MICROS.clear();
    try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
      String resident = status.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
      System.out.println(iterations + " " + Tensor.liveCount() + " " + resident.replaceAll("\\D", "") + " " + heap + " "
          + steps.get(steps.size() / 2));
    }
  }

  private static void saveModels(Path directory) {
    ByteLevelBpeTrainer.train(Stream.of("text"), BpeRecipe.chat(260), directory.resolve("policy"));
    try (CausalModel model = CausalModel.random(SHAPE, 0.1, 1)) {
      model.save(directory.resolve("policy"));
    }
    try (ScalarModel model = ScalarModel.withNewHead(directory.resolve("policy"), 0.1, 2)) {
      model.save(directory.resolve("reward"));
    }
  }
}
