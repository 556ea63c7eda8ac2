package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.config.RuleSpec;
import io.rlhf4j.data.PromptReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rewards that could score nothing in PPO. */
class PpoRewardsTest {

  private static final String ACCURACY = "{kind: accuracy, wrong: -1}";

  @TempDir
  private Path directory;
  private Path prompts;

  @BeforeEach
  void labelledPrompts() throws IOException {
    prompts = Files.writeString(directory.resolve("prompts.jsonl"),
        "{\"prompt\": \"1 + 1?\", \"label\": \"2\"}\n{\"prompt\": \"1 + 2?\"}\n");
  }

  @Test
  void accuracyFindsItsAnswersInThePrompts() {
    RuleSpec.Accuracy expected = new RuleSpec.Accuracy(1, 1, -1, null, prompts);
    assertThat(of(ACCURACY, 1).specs()).containsExactly(expected);
    RewardSpec.Ensemble ensemble =
        (RewardSpec.Ensemble) of("{kind: ensemble, members: [" + ACCURACY + "]}", 1).specs().getFirst();
    assertThat(ensemble.members()).containsExactly(expected);
  }

  @Test
  void promptsWithoutAnAnswerAreCounted() {
    assertThat(of(ACCURACY, 1).unlabelled("data.prompts_train", PromptReader.read(prompts).rows()))
        .containsExactly("rewards: accuracy finds no right answer in " + prompts
            + " for 1 of 2 prompts of data.prompts_train; they count as 0");
    assertThat(of("{kind: random}", 1).unlabelled("data.prompts_train", PromptReader.read(prompts).rows())).isEmpty();
  }

  @Test
  void accuracyWithoutAnyAnswerIsRefused() throws IOException {
    Files.writeString(prompts, "{\"prompt\": \"1 + 1?\"}\n");
    assertThatThrownBy(() -> of(ACCURACY, 1)).isInstanceOf(InputException.class)
        .hasMessage("rewards: accuracy has no answers, must name a file of prompts and labels, or the rows of "
            + "data.prompts_train must have label or answer (" + prompts + ": has no row with prompt and label)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{kind: pair, path: m}", "{kind: judge, models: [m]}",
      "{kind: ensemble, members: [{kind: pair, path: m}]}"})
  void kindsThatCompareNeedTwoSamples(String reward) {
    assertThatThrownBy(() -> of(reward, 1)).isInstanceOf(InputException.class)
        .hasMessageStartingWith("ppo.samples_per_prompt: is 1, must be at least 2 for the reward of kind ");
    assertThat(of(reward, 2).specs()).isEqualTo(recipe(reward, 2).rewards());
  }

  @Test
  void aJudgeThatRatesNeedsOneSample() {
    assertThat(of("{kind: judge, mode: rating, models: [m]}", 1).specs()).hasSize(1);
  }

  private PpoRewards of(String reward, int samples) {
    RecipeConfig recipe = recipe(reward, samples);
    return PpoRewards.of(recipe, recipe.data());
  }

  private RecipeConfig recipe(String reward, int samples) {
    return RecipeConfig.parse("{data: {prompts_train: '" + prompts + "'}, ppo: {samples_per_prompt: " + samples
        + "}, rewards: " + List.of(reward) + "}");
  }
}
