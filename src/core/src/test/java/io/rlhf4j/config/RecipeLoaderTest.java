package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.train.LearningRateSchedule.Shape;
import io.rlhf4j.rl.StopRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeLoaderTest {

  @TempDir
  Path directory;

  @Test
  void emptyFileGivesDefaultsAndTheNameOfTheFile() {
    RecipeConfig recipe = RecipeLoader.load(write("tiny.yaml", ""), List.of());

    assertThat(recipe.name()).isEqualTo("tiny");
    assertThat(recipe.ppo().policy().clipRange()).isEqualTo(0.2);
    assertThat(recipe.sft().optimizer().learningRate()).isEqualTo(5e-6);
    assertThat(recipe.sft().optimizer().schedule()).isEqualTo(Shape.COSINE_WITH_MIN_LR);
    assertThat(recipe.reward().optimizer().learningRate()).isEqualTo(9e-6);
    assertThat(recipe.ppo().actor().learningRate()).isEqualTo(1e-6);
    assertThat(recipe.ppo().actor().beta2()).isEqualTo(0.95);
    assertThat(recipe.ppo().critic().optimizer().learningRate()).isEqualTo(9e-6);
    assertThat(recipe.reward().loss()).isEqualTo(LossType.RANKING);
    assertThat(recipe.reward().rewardTokenId()).isNull();
    assertThat(recipe.cluster()).isNull();
  }

  @Test
  void readsEveryKindOfValue() {
    Path file = write("full.yaml", """
        name: my-run
        seed: 12345678901
        run_dir: out/runs
        task: customer-replies
        model: {hidden_size: 64, tie_word_embeddings: false}
        data:
          preference_train: a b.jsonl.gz
          format: hh-rlhf
        reward:
          loss: focal
          penalty: l2
          learning_rate: 1e-3
          schedule: linear
          reward_token_id: 5
        ppo:
          reward_clip: null
          kl_target: 6
          actor: {learning_rate: 2.5e-4}
          critic: {warmup_steps: 3, learning_rate: 1e-3}
        cluster:
          seed_nodes: [127.0.0.1:2551, other:2552]
        """);

    RecipeConfig recipe = RecipeLoader.load(file, List.of());

    assertThat(recipe.seed()).isEqualTo(12345678901L);
    assertThat(recipe.runDirectory()).isEqualTo(Path.of("out/runs/my-run"));
    assertThat(recipe.model().tieWordEmbeddings()).isFalse();
    assertThat(recipe.data().requirePreferenceTrain()).isEqualTo(Path.of("a b.jsonl.gz"));
    assertThat(recipe.data().format()).isEqualTo(DataFormat.HH_RLHF);
    assertThat(recipe.reward().loss()).isEqualTo(LossType.FOCAL);
    assertThat(recipe.reward().penalty()).isEqualTo(PenaltyType.L2);
    assertThat(recipe.reward().optimizer().learningRate()).isEqualTo(0.001);
    assertThat(recipe.reward().optimizer().schedule()).isEqualTo(Shape.LINEAR);
    assertThat(recipe.reward().rewardTokenId()).isEqualTo(5);
    assertThat(recipe.ppo().shaping().rewardClip()).isNull();
    assertThat(recipe.ppo().kl().klTarget()).isEqualTo(6.0);
    assertThat(recipe.ppo().actor().learningRate()).isEqualTo(0.00025);
    assertThat(recipe.ppo().critic().warmupSteps()).isEqualTo(3);
    assertThat(recipe.cluster()).isNotNull();
    assertThat(recipe.cluster().seedNodes()).containsExactly("127.0.0.1:2551", "other:2552");
  }

  @Test
  void laterFilesAndOverridesWin() {
    write("base.yaml", "name: base\nseed: 1\nppo:\n  iterations: 5\n  clip_range: 0.3\n  epochs: 2\n");
    Path file = write("top.yaml", "extends: base.yaml\nppo:\n  iterations: 7\n  clip_range: 0.1\n");

    RecipeConfig recipe = RecipeLoader.load(file, List.of("ppo.iterations=9", "ppo.actor.learning_rate=0.5"));

    assertThat(recipe.seed()).isEqualTo(1);
    assertThat(recipe.ppo().iterations()).isEqualTo(9);
    assertThat(recipe.ppo().policy().clipRange()).isEqualTo(0.1);
    assertThat(recipe.ppo().epochs()).isEqualTo(2);
    assertThat(recipe.ppo().actor().learningRate()).isEqualTo(0.5);
    assertThat(recipe.name()).isEqualTo("top");
  }

  @Test
  void resolvedYamlGivesTheSameRecipeBack() {
    Path file = write("same.yaml", "run_dir: 'my runs'\ncluster: {seed_nodes: ['h:1']}\nppo: {dual_clip: 3}\n");
    RecipeConfig recipe = RecipeLoader.load(file, List.of());

    RecipeConfig again = RecipeConfig.parse(recipe.resolvedYaml());

    assertThat(again).isEqualTo(recipe);
    assertThat(again.hash()).isEqualTo(recipe.hash()).hasSize(64);
    assertThat(RecipeConfig.parse("seed: 18").hash()).isNotEqualTo(RecipeConfig.parse("seed: 17").hash());
  }

  @Test
  void readsAndWritesStops() {
    String yaml = "ppo: {stop: [\"\\n\\nUser:\", \"it's\", \"a\\\\n\\\"b\\t\"], stop_token_ids: [7, 0], min_p: 0.1}";
    RecipeConfig recipe = RecipeConfig.parse(yaml);

    assertThat(recipe.ppo().sampling(1).stop())
        .isEqualTo(new StopRules(List.of(7, 0), List.of("\n\nUser:", "it's", "a\\n\"b\t")));
    assertThat(recipe.ppo().sampling(1).minP()).isEqualTo(0.1);
    assertThat(RecipeConfig.parse(recipe.resolvedYaml())).isEqualTo(recipe);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "ppo: {clip_range: -0.2} | 1: ppo.clip_range: is -0.2, must be greater than 0",
      "ppo: {clip_rang: 0.2} | 1: unknown key ppo.clip_rang, did you mean clip_range?",
      "sft: {learning_rat: 1} | 1: unknown key sft.learning_rat, did you mean learning_rate?",
      "pppo: {} | 1: unknown key pppo, did you mean ppo?",
      "seed: 1\\nseed: 2 | 2: key seed is given twice, first at FILE:1",
      "seed: x | 1: seed: is the value 'x', must be a whole number",
      "ppo:\\n  gamma: high | 2: ppo.gamma: is the value 'high', must be a number",
      "ppo:\\n  gamma: NaN | 2: ppo.gamma: is the value 'NaN', must be a number",
      "ppo:\\n  gamma: [1] | 2: ppo.gamma: is a list, must be a number",
      "ppo: 3 | 1: ppo: is the value '3', must be a section with keys",
      "ppo: null | 1: ppo: is null, must be a section with keys",
      "- a | 1: is a list, must be keys and values",
      "model: {tie_word_embeddings: yes} | 1: model.tie_word_embeddings: is the value 'yes', must be true or false",
      "reward:\\n  loss: focl | 2: reward.loss: is the value 'focl', must be one of ranking, focal, logexp",
      "reward:\\n  epochs: 1\\n  beta1: 1 | 3: reward.beta1: is 1, must be at least 0 and below 1",
      "ppo:\\n  actor:\\n    learning_rate: 0 | 3: ppo.actor.learning_rate: is 0, must be greater than 0",
      "ppo:\\n  max_new_tokens: 4\\n  min_new_tokens: 5 "
          + "| 3: ppo.min_new_tokens: is 5, must be at most max_new_tokens = 4",
      "data:\\n  max_length: 513 | 2: data.max_length: is 513, must be at most model.max_position_embeddings = 512",
      "ppo: {min_p: 2} | 1: ppo.min_p: is 2, must be between 0 and 1",
      "ppo: {repetition_penalty: 0} | 1: ppo.repetition_penalty: is 0, must be greater than 0",
      "ppo: {stop: ['']} | 1: ppo.stop: is [], must be a list of texts that are not empty",
      "ppo: {stop: User} | 1: ppo.stop: is the value 'User', must be a list of texts",
      "ppo: {stop_token_ids: [eos]} | 1: ppo.stop_token_ids: is the value 'eos', must be a whole number",
      "cluster: {seed_nodes: [nowhere]} | 1: cluster.seed_nodes: is 'nowhere', must be a list of host:port",
      "seed: 1\\n---\\nseed: 2 | 3: starts a second YAML document, only one is allowed",
      "seed: &a 1\\nthreads: *a | 2: uses the YAML alias *a, aliases are not supported"})
  void wrongInputIsOneLineWithPlaceAndRule(String yaml, String message) {
    Path file = write("bad.yaml", yaml.replace("\\n", "\n"));

    assertThatThrownBy(() -> RecipeLoader.load(file, List.of())).isInstanceOf(InputException.class)
        .hasMessage(file + ":" + message.replace("FILE", file.toString()));
  }

  @Test
  void brokenYamlNamesItsLine() {
    Path file = write("broken.yaml", "seed: 1\nppo: {iterations: 2\nsft: 3\n");

    assertThatThrownBy(() -> RecipeLoader.load(file, List.of())).isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ":3: is not valid YAML: ").hasMessageNotContaining("\n");
  }

  @Test
  void wrongOverridesAreNamed() {
    Path file = write("ok.yaml", "");

    assertThatThrownBy(() -> RecipeLoader.load(file, List.of("ppo.epoch=3")))
        .hasMessage("-o ppo.epoch=3: unknown key ppo.epoch, did you mean epochs?");
    assertThatThrownBy(() -> RecipeLoader.load(file, List.of("ppo.epochs=0")))
        .hasMessage("-o ppo.epochs=0: ppo.epochs: is 0, must be at least 1");
    assertThatThrownBy(() -> RecipeLoader.load(file, List.of("epochs")))
        .hasMessage("-o epochs: must have the form section.key=value");
  }

  @Test
  void filesThatCannotBeReadAreNamed() {
    Path missing = directory.resolve("missing.yaml");

    assertThatThrownBy(() -> RecipeLoader.load(missing, List.of())).hasMessage(missing + ": does not exist");
    assertThatThrownBy(() -> RecipeLoader.load(directory, List.of()))
        .hasMessage(directory + ": is a directory, must be a YAML file");
    Path loop = write("loop.yaml", "extends: loop.yaml");
    assertThatThrownBy(() -> RecipeLoader.load(loop, List.of())).hasMessage(loop + ": extends itself");
  }

  @Test
  void missingDataFileIsNamedByItsKey() {
    assertThatThrownBy(() -> RecipeConfig.parse("").data().requireSft()).isInstanceOf(InputException.class)
        .hasMessage("data.sft: is missing, must name a .jsonl, .json or .parquet file");
  }

  private Path write(String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
