package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the critic starts from in a run with a list of rewards; models read 256 tokens. */
class CriticOriginTest {

  private static final String FITS = "max_new_tokens: 40";

  @TempDir
  private Path directory;
  private Path model;
  private String sequence;

  @BeforeEach
  void rewardModel() {
    model = TinyDirectories.scalar(directory.resolve("reward"), 3);
    sequence = "{kind: sequence, path: '" + model + "'}";
  }

  @Test
  void theOnlyRewardModelIsWhereItStarts() {
    CriticOrigin expected = new CriticOrigin(Optional.of(model), Optional.empty());
    assertThat(origin(FITS, sequence + ", {kind: random}", model)).isEqualTo(expected);
    assertThat(origin(FITS + ", critic: {init_from: reward}", sequence, model)).isEqualTo(expected);
    assertThat(origin(FITS + ", preset: trl", sequence, model)).isEqualTo(expected);
  }

  @Test
  void withoutOneItStartsFromThePolicyAndSaysSo() {
    assertThat(origin(FITS, "{kind: random}", model).note()).contains(
        "ppo.critic.init_from: the critic starts from the policy, because rewards has no entry of kind sequence");
    assertThat(origin(FITS + ", preset: openrlhf", "{kind: random}", model).note()).isPresent();
    assertThat(origin(FITS, sequence + ", " + sequence, model).note()).get().asString()
        .endsWith("because rewards has 2 entries of kind sequence");
    assertThat(origin("max_new_tokens: 200", sequence, model).note()).get().asString()
        .endsWith(model + " reads 256 tokens, prompt and answer may have 328");
    assertThat(origin(FITS, "{kind: sequence, weight: -1, path: '" + model + "'}", model).note()).get().asString()
        .endsWith("the weight of " + model + " is not above 0");
  }

  @Test
  void anotherTokenizerIsNotThePolicys() {
    Path policy = directory.resolve("policy");
    ByteLevelBpeTrainer.train(Stream.of("some other words, some other words"), BpeRecipe.chat(275), policy);
    CriticOrigin origin = origin(FITS, sequence, policy);
    assertThat(origin.model()).isEmpty();
    assertThat(origin.note()).get().asString().endsWith(model + " has another tokenizer than the policy");
    assertThatThrownBy(() -> origin(FITS + ", critic: {init_from: reward}", sequence, policy))
        .isInstanceOf(InputException.class).hasMessage("ppo.critic.init_from: is reward, must be policy or left out: "
            + model + " has another tokenizer than the policy");
  }

  @Test
  void nothingIsSaidWhereNobodyAsked() {
    CriticOrigin nothing = new CriticOrigin(Optional.empty(), Optional.empty());
    assertThat(origin(FITS + ", critic: {init_from: policy}", sequence, model)).isEqualTo(nothing);
    assertThat(origin(FITS + ", samples_per_prompt: 2, advantage_estimator: rloo", sequence, model))
        .isEqualTo(nothing);
    assertThat(origin(FITS, "", model)).isEqualTo(nothing);
  }

  private static CriticOrigin origin(String ppo, String rewards, Path policy) {
    RecipeConfig recipe = RecipeConfig.parse("{model: {max_position_embeddings: 512}, data: {max_length: 256, "
        + "max_prompt_length: 128}, ppo: {" + ppo + "}, rewards: [" + rewards + "]}");
    try (Tokenizer tokenizer = Tokenizer.load(policy)) {
      return CriticOrigin.of(recipe, tokenizer);
    }
  }
}
