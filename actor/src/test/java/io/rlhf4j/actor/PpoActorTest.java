package io.rlhf4j.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.rl.AdvantageOptions;
import io.rlhf4j.rl.ExperienceBatch;
import io.rlhf4j.rl.ExperienceMaker;
import io.rlhf4j.rl.ExperienceOptions;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.KlController;
import io.rlhf4j.rl.KlEstimator;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.RewardShaping;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.TinyRun.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PpoActorTest {

  private static final int ITERATIONS = 15;
  private static final int VOCABULARY = 280;
  private static final SamplingOptions SAMPLING = new SamplingOptions(0.9, 1, 0, 1, 8, 16, 77);
  private static final ExperienceOptions SHAPING =
      new ExperienceOptions(new KlController.Fixed(0.01), KlEstimator.K1, false, AdvantageOptions.gae(1, 1, true),
          RewardShaping.NONE);
  private static final PpoConfig OPTIONS = new Settings(2, 16, 16_384, 0.9, 1e-2, 0, null).config();

  @TempDir
  private Path directory;
  private Tokenizer tokenizer;

  @BeforeEach
  void trainTokenizer() {
    ByteLevelBpeTrainer.train(Stream.of("a small text to learn from"), BpeRecipe.chat(VOCABULARY),
        directory.resolve("tokenizer"));
    tokenizer = Tokenizer.load(directory.resolve("tokenizer"));
  }

  @AfterEach
  void closeTokenizer() {
    tokenizer.close();
  }

  @Test
  void thePolicyLearnsWhatIsPaid() {
    try (PpoActor actor = actor(policy(), 0); CausalModel frozen = policy();
        PolicyTrainer reference = new PolicyTrainer(frozen, OPTIONS, 0)) {
      ExperienceMaker maker = new ExperienceMaker(SHAPING);
      List<ExperienceBatch> batches = new ArrayList<>();
      List<Map<String, Double>> updates = new ArrayList<>();
      for (int step = 0; step < ITERATIONS; step++) {
        ExperienceBatch batch = experience(actor, reference, maker, step);
        batches.add(batch);
        updates.add(actor.update(step, batch.experiences()));
      }

      assertThat(score(batches.getLast())).isGreaterThan(score(batches.getFirst()) + 0.15);
      assertThat(batches.getFirst().metrics().get("kl")).isCloseTo(0, within(1e-4));
      assertThat(batches.getLast().metrics().get("kl_k3")).isPositive();
      for (int step = 0; step < ITERATIONS; step++) {
        assertThat(updates.get(step).get("ratio_first_update")).isCloseTo(1, within(1e-6));
        assertThat(updates.get(step).get("ratio_first_update_error")).isLessThan(1e-5);
        // The sampler and the training forward agree on what was likely, at a temperature other than 1.
        assertThat(batches.get(step).metrics().get("behaviour_gap_max")).isLessThan(1e-4);
      }
    }
  }

  @Test
  void keysCarryTheVersionOfThePolicy() {
    try (PpoActor actor = actor(policy(), 3); CausalModel frozen = policy();
        PolicyTrainer reference = new PolicyTrainer(frozen, OPTIONS, 0)) {
      ExperienceBatch batch = experience(actor, reference, new ExperienceMaker(SHAPING), 3);
      assertThat(batch.experiences()).hasSize(32)
          .allSatisfy(experience -> assertThat(experience.rollout().key().policyVersion()).isEqualTo(3));

      actor.update(3, batch.experiences());

      assertThat(rollouts(actor, 4)).allSatisfy(rollout -> assertThat(rollout.key().policyVersion()).isEqualTo(4));
    }
  }

  @Test
  void aResponseEndsWithEosOrAtTheLimit() {
    try (PpoActor actor = actor(policy(), 0)) {
      for (Rollout rollout : rollouts(actor, 0)) {
        boolean eos = rollout.response()[rollout.response().length - 1] == tokenizer.eosId();
        assertThat(rollout.finish()).isEqualTo(eos ? FinishReason.STOP : FinishReason.LENGTH);
        assertThat(eos || rollout.response().length == 8).isTrue();
      }
    }
  }

  /** Chats of this tokenizer end a turn with a token that is not its end of sequence, as instruct checkpoints do. */
  @Test
  void aResponseEndsWhereTheChatTemplateEndsATurn() {
    BpeRecipe chat = BpeRecipe.chat(VOCABULARY);
    BpeRecipe instruct = new BpeRecipe(VOCABULARY, chat.specialTokens(), chat.padToken(), chat.padToken(), null,
        chat.chatTemplate());
    ByteLevelBpeTrainer.train(Stream.of("a small text to learn from"), instruct, directory.resolve("instruct"));
    Tokenizer other = Tokenizer.load(directory.resolve("instruct"));
    int turnEnd = other.idOf("<|im_end|>").orElseThrow();
    assertThat(turnEnd).isNotEqualTo(other.eosId());
    SamplingOptions many = new SamplingOptions(1, 1, 0, 0, 60, 64, 77);
    List<Rollout> rollouts = new ArrayList<>();
    try (PpoActor actor = new PpoActor(policy(), other, OPTIONS, 0, 5)) {
      actor.generate(0, List.of(new PromptRequest(0, new int[] {10, 11})), many, rollouts::add);
    }
    assertThat(rollouts).extracting(rollout -> rollout.response()[rollout.response().length - 1]).contains(turnEnd);
    assertThat(rollouts).allSatisfy(rollout -> {
      int[] before = Arrays.copyOf(rollout.response(), rollout.response().length - 1);
      assertThat(before).doesNotContain(turnEnd, other.eosId());
    });
  }

  @Test
  void rolloutsInInt8AreNearThePolicy() {
    PpoConfig int8 = RecipeConfig.parse("ppo: {rollout_precision: int8}").ppo();
    try (PpoActor actor = new PpoActor(policy(), Tokenizer.load(directory.resolve("tokenizer")), int8, 0, 5)) {
      for (Rollout rollout : rollouts(actor, 0)) {
        float[] policy = actor.logProbs(List.of(rollout.sequence()), SAMPLING.temperature()).getFirst();
        assertThat(rollout.behaviourLogProbs()).isNotEqualTo(policy).containsExactly(policy, within(0.1f));
      }
    }
  }

  /** What learns. */
  private enum Learning {
    ALL_WEIGHTS, ADAPTERS, ADAPTERS_BESIDE_4_BITS;

    CausalModel in(CausalModel model) {
      if (this == ADAPTERS_BESIDE_4_BITS) {
        model.backbone().quantise();
      }
      if (this != ALL_WEIGHTS) {
        model.addAdapters(new LoraConfig(4, 8, 0, List.of(LoraConfig.ALL_LINEAR), false), 3);
      }
      return model;
    }
  }

  /** With imitation and an average of the weights, whose state goes with the checkpoint too. */
  @ParameterizedTest
  @EnumSource
  void aRunThatStopsAndResumesEndsWithTheSameBits(Learning learning) throws IOException {
    PpoConfig options = new Settings(2, 16, 16_384, 0.9, 1e-2, 0, null)
        .config("ema_beta: 0.9, ptx_coef: 0.5, ptx_batch_size: 2");
    Path checkpoint = directory.resolve("checkpoint");
    tokenizer.copyTo(Files.createDirectories(directory.resolve("start")));
    try (CausalModel frozen = policy(); PolicyTrainer reference = new PolicyTrainer(frozen, OPTIONS, 0)) {
      frozen.save(directory.resolve("start"));
      ExperienceMaker maker = new ExperienceMaker(SHAPING);
      try (PpoActor actor = open(directory.resolve("start"), learning, options)) {
        actor.update(0, experience(actor, reference, maker, 0).experiences());
        actor.checkpoint(checkpoint);
        actor.update(1, experience(actor, reference, maker, 1).experiences());
        actor.save(directory.resolve("straight"));
      }
      try (PpoActor resumed = open(checkpoint, learning, options)) {
        resumed.update(1, experience(resumed, reference, maker, 1).experiences());
        resumed.save(directory.resolve("resumed"));
      }
    }
    for (String file : List.of("model.safetensors", "ema/model.safetensors")) {
      assertThat(directory.resolve("resumed").resolve(file))
          .hasSameBinaryContentAs(directory.resolve("straight").resolve(file));
    }
    assertThat(Files.mismatch(directory.resolve("straight/model.safetensors"), directory.resolve(
        "straight/ema/model.safetensors"))).as("the average is something else").isNotEqualTo(-1);
    try (Tokenizer saved = Tokenizer.load(directory.resolve("checkpoint"))) {
      assertThat(saved.encode("a small text")).isEqualTo(tokenizer.encode("a small text"));
    }
  }

  /** Paid is the share of tokens with an even id. */
  private static ExperienceBatch experience(PpoActor actor, PolicyTrainer reference, ExperienceMaker maker, long step) {
    List<Rollout> rollouts = rollouts(actor, step);
    List<TokenSequence> sequences = rollouts.stream().map(Rollout::sequence).toList();
    List<float[]> policy = actor.logProbs(sequences, SAMPLING.temperature());
    List<float[]> frozen = reference.logProbs(sequences, SAMPLING.temperature());
    List<ScoredRollout> scored = new ArrayList<>();
    for (int i = 0; i < rollouts.size(); i++) {
      int[] response = rollouts.get(i).response();
      float even = 0;
      for (int token : response) {
        even += token % 2 == 0 ? 1 : 0;
      }
      scored.add(new ScoredRollout(rollouts.get(i), even / response.length, policy.get(i), frozen.get(i),
          new float[response.length]));
    }
    return maker.make(step, scored);
  }

  private static List<Rollout> rollouts(PpoActor actor, long step) {
    List<Rollout> rollouts = new ArrayList<>();
    List<PromptRequest> prompts =
        List.of(new PromptRequest(0, new int[] {10, 11, 12}), new PromptRequest(1, new int[] {20, 21}));
    actor.generate(step, prompts, SAMPLING, rollouts::add);
    rollouts.sort(Comparator.comparing(Rollout::key));
    return rollouts;
  }

  private static double score(ExperienceBatch batch) {
    return batch.metrics().get("score_mean");
  }

  private static PpoActor open(Path from, Learning learning, PpoConfig options) {
    PpoActor actor = PpoActor.open(from, learning.in(CausalModel.load(from)), options, 5);
    actor.mixIn(IntStream.range(0, 6).mapToObj(i -> new MaskedTokens(new int[] {20 + i, 30, 40 + i},
        new boolean[] {false, true, true})).toList());
    return actor;
  }

  private PpoActor actor(CausalModel model, long policyVersion) {
    return new PpoActor(model, Tokenizer.load(directory.resolve("tokenizer")), OPTIONS, policyVersion, 5);
  }

  private CausalModel policy() {
    return CausalModel.random(new LlamaConfig(VOCABULARY, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true), 0.1, 11);
  }
}
