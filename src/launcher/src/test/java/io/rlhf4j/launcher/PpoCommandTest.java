package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rlhf ppo} from data to final models with real roles, all in this JVM. */
@Tag("cluster")
class PpoCommandTest {

  @TempDir
  private Path directory;

  private TinyRun tiny;

  @BeforeEach
  void writeRecipe() throws IOException {
    tiny = TinyRun.in(directory);
  }

  @Test
  void leavesMetricsSamplesAndModelsAndShowsWhatChanged() throws IOException {
    TinyRun.Result result = tiny.ppo();

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("best accuracy that can be expected", "before PPO", "after PPO",
        "gold score (best reachable", "reward model's score", "KL to the SFT model", "length, tokens",
        "as it should be (below 1e-4)", tiny.root("tiny").toString());
    assertRunDirectory(tiny.root("tiny"));
    assertMetrics();
    assertModelsLoad(tiny.root("tiny"));
  }

  @Test
  void theSameSeedRepeatsEveryNumberAndAnotherDoesNot() throws IOException {
    assertThat(tiny.ppo("-o", "name=first").code()).isZero();
    assertThat(tiny.ppo("-o", "name=second").code()).isZero();
    assertThat(tiny.ppo("-o", "name=other", "-o", "seed=18").code()).isZero();

    assertThat(tiny.metrics("second")).isEqualTo(tiny.metrics("first"));
    assertThat(tiny.metrics("other")).hasSameSizeAs(tiny.metrics("first")).doesNotContainAnyElementsOf(
        tiny.metrics("first"));
    assertThat(tiny.root("second").resolve("final/actor/model.safetensors"))
        .hasSameBinaryContentAs(tiny.root("first").resolve("final/actor/model.safetensors"));
    assertThat(tiny.root("second").resolve("samples.jsonl"))
        .hasSameTextualContentAs(tiny.root("first").resolve("samples.jsonl"));
  }

  @Test
  void evaluationsOnTheWayKeepTheBestActorAndChangeNothingElse() throws IOException {
    assertThat(tiny.ppo("-o", "name=plain").code()).isZero();
    TinyRun.Result result = tiny.ppo("-o", "name=measured", "-o", "ppo.eval_steps=1");
    assertThat(result.code()).as(result.err()).isZero();

    tiny.assertSameTraining("measured", "plain");
    List<JsonNode> evaluations = tiny.rows("measured", "eval");
    assertThat(evaluations).extracting(row -> row.get("step").asInt()).containsExactly(0, 1, 2, 3);
    int best = 0;
    for (int i = 1; i < 4; i++) {
      best = evaluations.get(i).get("gold").asDouble() > evaluations.get(best).get("gold").asDouble() ? i : best;
    }
    assertThat(result.out()).contains("after " + best + " iterations");
    Path kept = tiny.root("measured").resolve("final/best/actor");
    String same = best == 0 ? "stages/sft" : best == 3 ? "final/actor" : null;
    for (String model : List.of("stages/sft", "final/actor")) {
      assertThat(Files.mismatch(kept.resolve("model.safetensors"), tiny.root("measured").resolve(model)
          .resolve("model.safetensors")) == -1).as("%s is the best, that of %d", model, best).isEqualTo(
              model.equals(same));
    }
    try (CausalModel loads = CausalModel.load(kept); Tokenizer tokenizer = Tokenizer.load(kept)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(loads.backbone().config().vocabSize());
    }
    assertThat(tiny.root("plain").resolve("final/best")).doesNotExist();
  }

  @Test
  void aFinishedRunIsReplacedOnlyOnRequest() throws IOException {
    assertThat(tiny.ppo("-o", "ppo.iterations=1").code()).isZero();
    List<String> metrics = tiny.metrics("tiny");

    TinyRun.Result refused = tiny.ppo();
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).isEqualToIgnoringNewLines(
        "rlhf: " + tiny.root("tiny") + ": holds a finished run, choose another name or give --overwrite");
    assertThat(tiny.metrics("tiny")).isEqualTo(metrics);

    assertThat(tiny.ppo("--overwrite", "-o", "ppo.iterations=2").code()).isZero();
    assertThat(tiny.rows("tiny", "ppo")).hasSize(2);
    try (Stream<Path> runs = Files.list(directory.resolve("runs"))) {
      assertThat(runs).containsExactly(tiny.root("tiny"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rloo", "grpo", "reinforce++", "dr_grpo"})
  void withoutACriticThreeRolesAreEnough(String estimator) throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "ppo.advantage_estimator=" + estimator, "-o", "ppo.iterations=1", "-o",
        "sft.epochs=0");

    assertThat(result.code()).as(result.err()).isZero();
    JsonNode row = tiny.rows("tiny", "ppo").getFirst();
    assertThat(row.has("policy_loss")).isTrue();
    assertThat(row.has("value_loss") || row.has("value_mean")).isFalse();
    assertThat(tiny.root("tiny").resolve("final/actor")).isDirectory();
    assertThat(tiny.root("tiny").resolve("final/critic")).doesNotExist();
  }

  @Test
  void theCriticMayStartAsThePolicyAndTheAverageOfTheActorIsSaved() throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "ppo.critic.init_from=policy", "-o", "ppo.ema_beta=0.9", "-o",
        "ppo={use_kl_loss: true, kl_estimator: k3, iterations: 2, ptx_coef: 0.5}", "-o", "sft.epochs=0", "-o",
        "model.save_dtype=bfloat16");

    assertThat(result.code()).as(result.err()).isZero();
    List<JsonNode> rows = tiny.rows("tiny", "ppo");
    assertThat(rows.getFirst().get("value_mean").asDouble()).isZero();
    assertThat(rows.getLast().get("value_mean").asDouble()).isNotZero();
    assertThat(rows.getFirst().get("ptx_loss").asDouble()).isPositive();
    assertThat(rows.getFirst().get("kl_loss").asDouble()).isGreaterThanOrEqualTo(0);
    Path actor = tiny.root("tiny").resolve("final/actor");
    assertThat(Files.mismatch(actor.resolve("ema/model.safetensors"), actor.resolve("model.safetensors")))
        .isNotNegative();
    CausalModel.load(actor.resolve("ema")).close();
    for (String last : List.of("actor", "actor/ema", "critic")) {
      assertThat(stored(tiny.root("tiny").resolve("final").resolve(last))).as(last).containsOnly(StoredType.BF16);
    }
    for (String stage : List.of("sft", "reward", "critic")) {
      assertThat(stored(tiny.root("tiny").resolve("stages").resolve(stage))).as(stage).containsOnly(StoredType.F32);
    }
  }

  @Test
  void rewardsOfAListNeedNoPreferencesAndTrainNoRewardModel() throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "rewards=[{kind: length, max: 5, scale: 10}]", "-o",
        "data={preference_train: null, preference_test: null}", "-o", "ppo.iterations=2", "-o", "sft.epochs=0", "-o",
        "task=null");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(tiny.root("tiny").resolve("stages/reward")).doesNotExist();
    assertThat(tiny.rows("tiny", "ppo")).hasSize(2).allSatisfy(row -> {
      // 0 up to five words, down to -1 from fifteen words on.
      assertThat(row.get("reward_mean").asDouble()).isBetween(-1.0, 0.0);
      assertThat(row.has("value_loss")).isTrue();
    });
  }

  @Test
  void aModelThatNeedsNoSftNeedsNoDemonstrations() throws IOException {
    Path model = TinyDirectories.causal(directory.resolve("model"), 5);
    Path recipe = Files.writeString(directory.resolve("no-sft.yaml"), """
        name: no-sft
        run_dir: '%s'
        threads: 1
        model: {path: '%s'}
        data: {prompts_train: '%s', max_length: 192, max_prompt_length: 96}
        rewards: [{kind: length, max: 5, scale: 10}]
        ppo: {iterations: 1, prompts_per_iteration: 4, max_new_tokens: 4, mini_batch_size: 4, eval_prompts: 2}
        """.formatted(directory.resolve("runs"), model, tiny.data(TaskFile.PROMPTS_TRAIN)));
    TinyRun.Result refused = TinyRun.execute(List.of("ppo", recipe.toString()));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err().strip())
        .isEqualTo("rlhf: data.sft: is missing; give it, or set sft.epochs to 0 if the model "
            + "of model.path needs no SFT");

    TinyRun.Result result = TinyRun.execute(List.of("ppo", recipe.toString(), "-o", "sft.epochs=0"));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(tiny.rows("no-sft", "ppo")).hasSize(1);
  }

  @Test
  void rolloutsAndScoresInInt8() throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "ppo.rollout_precision=int8", "-o", "ppo.reward_precision=int8", "-o",
        "ppo.iterations=2", "-o", "ppo.stop=['!']", "-o", "ppo.min_p=0.001");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .containsPattern("ppo.reward_precision: INT8 and fp32 scores order \\d+ of \\d+ test pairs");
    for (JsonNode row : tiny.rows("tiny", "ppo")) {
      assertThat(row.get("behaviour_gap_mean").asDouble()).isBetween(1e-6, 0.1);
      assertThat(row.get("ratio_first_update").asDouble()).isCloseTo(1, Offset.offset(1e-3));
    }
  }

  @Test
  void rolloutsInInt8FollowTheAdapters() throws IOException {
    TinyRun.Result result =
        tiny.ppo("-o", "model.lora={r: 4, lora_alpha: 8, target_modules: [all-linear]}", "-o",
            "ppo.rollout_precision=int8", "-o", "ppo.iterations=3", "-o", "ppo.actor.learning_rate=0.02");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(tiny.rows("tiny", "ppo")).hasSize(3).allSatisfy(row -> {
      // What the sampler believed, beside the fp32 policy with its adapters at that moment.
      assertThat(row.get("behaviour_gap_mean").asDouble()).isBetween(1e-6, 0.1);
    });
  }

  @Test
  void withAdaptersEveryStageLearnsThemAlone() throws IOException {
    TinyRun.Result result =
        tiny.ppo("-o", "model.lora={r: 4, lora_alpha: 8, target_modules: [q_proj, down_proj]}", "-o",
            "model.gradient_checkpointing=true", "-o", "ppo.iterations=2");

    assertThat(result.code()).as(result.err()).isZero();
    Path run = tiny.root("tiny");
    try (MemoryScope scope = MemoryScope.open(); CausalModel sft = CausalModel.load(run.resolve("stages/sft"));
        CausalModel actor = CausalModel.load(run.resolve("final/actor"));
        CausalModel adapted = CausalModel.load(run.resolve("final/actor/adapter"))) {
      actor.weights().forEach((name, weight) -> assertThat(
          Arrays.equals(weight.toFloats(), sft.weights().get(name).toFloats())).as(name)
          .isEqualTo(!name.contains("q_proj") && !name.contains("down_proj")));
      assertThat(adapted.backbone().adapters()).isPresent();
      adapted.mergedWeights().forEach((name, weight) -> assertThat(weight.toFloats()).as(name)
          .isEqualTo(actor.weights().get(name).toFloats()));
    }
    assertThat(run.resolve("final/critic/adapter/adapter_model.safetensors")).isRegularFile();
    assertThat(tiny.rows("tiny", "eval").getFirst().get("kl").asDouble()).isBetween(-1e-4, 1e-4);
    assertThat(Math.abs(tiny.rows("tiny", "eval").getLast().get("kl").asDouble())).isGreaterThan(1e-4);
  }

  @Test
  void adaptersOnFourBitWeightsInBf16StartAtTheReference() throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "model={lora: {r: 4}, quantization: nf4, precision: bf16}", "-o",
        "ppo.iterations=1", "-o", "sft.epochs=0");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(tiny.rows("tiny", "ppo").getFirst().get("ratio_first_update").asDouble())
        .isCloseTo(1, Offset.offset(1e-3));
    CausalModel.load(tiny.root("tiny").resolve("final/actor")).close();
  }

  private static void assertRunDirectory(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("config.yaml",
          "metrics.jsonl", "tensorboard", "samples.jsonl", "answers-before.jsonl", "answers-after.jsonl", "report.html",
          "run.log", "tokenizer", "stages", "final", "finished");
    }
    assertThat(Files.readAllLines(run.resolve("answers-after.jsonl"))).hasSize(6);
    assertThat(run.resolve("report.html")).content().contains("finished run", "Answers before and after",
        "aria-label=\"KL to the reference\"");
    String config = Files.readString(run.resolve("config.yaml"));
    RecipeConfig stored = RecipeConfig.parse(config);
    assertThat(config).startsWith("# sha256 " + stored.hash());
    assertThat(stored.ppo().maxNewTokens()).isEqualTo(12);
    List<String> samples = Files.readAllLines(run.resolve("samples.jsonl"));
    assertThat(samples).hasSize(24).allSatisfy(line -> {
      JsonNode sample = new ObjectMapper().readTree(line);
      assertThat(sample.get("step").asInt()).isBetween(1, 3);
      assertThat(sample.get("prompt").asText()).isNotBlank();
      assertThat(sample.get("response").isTextual()).isTrue();
      assertThat(sample.get("reward").isNumber() && sample.get("kl").isNumber()).isTrue();
    });
  }

  private void assertMetrics() throws IOException {
    // 64 rows in batches of 16.
    assertThat(tiny.rows("tiny", "sft")).hasSize(4);
    assertThat(tiny.rows("tiny", "reward")).hasSize(4);
    List<JsonNode> iterations = tiny.rows("tiny", "ppo");
    assertThat(iterations).extracting(row -> row.get("step").asInt()).containsExactly(1, 2, 3);
    assertThat(iterations).allSatisfy(row -> row.forEach(value -> assertThat(value.isNull()).isFalse()));
    assertThat(iterations.getFirst().get("ratio_first_update_error").asDouble()).isBetween(0.0, 1e-4);
    List<JsonNode> evaluations = tiny.rows("tiny", "eval");
    assertThat(evaluations).extracting(row -> row.get("step").asInt()).containsExactly(0, 3);
    assertThat(evaluations).allSatisfy(row -> assertThat(row.has("gold")).isTrue());
    // The reference is the policy that PPO starts from, and PPO moves it.
    assertThat(evaluations.getFirst().get("kl").asDouble()).isBetween(-1e-4, 1e-4);
    assertThat(Math.abs(evaluations.getLast().get("kl").asDouble())).isGreaterThan(1e-3);
  }

  private static List<StoredType> stored(Path model) {
    try (ModelWeights weights = ModelWeights.open(model)) {
      return weights.names().stream().map(weights::storedType).distinct().toList();
    }
  }

  private static void assertModelsLoad(Path run) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(run.resolve("final/actor"));
        CausalModel actor = CausalModel.load(run.resolve("final/actor"));
        ScalarModel critic = ScalarModel.load(run.resolve("final/critic"));
        CausalModel sft = CausalModel.load(run.resolve("stages/sft"));
        ScalarModel reward = ScalarModel.load(run.resolve("stages/reward"))) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(400);
      assertThat(actor.backbone().config()).isEqualTo(sft.backbone().config());
      assertThat(critic.backbone().config()).isEqualTo(reward.backbone().config());
    }
    assertThat(Files.mismatch(run.resolve("final/actor/model.safetensors"),
        run.resolve("stages/sft/model.safetensors"))).as("PPO changes the weights").isNotNegative();
    assertThat(Files.mismatch(run.resolve("final/critic/model.safetensors"),
        run.resolve("stages/reward/model.safetensors"))).as("the critic learns").isNotNegative();
  }
}
