package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The list of rewards in a recipe. */
class RewardSpecTest {

  @Test
  void aListOfSectionsBecomesRecordsAndComesBack() {
    RecipeConfig recipe = RecipeConfig.parse("""
        rewards:
          - kind: sequence
            path: models/rm
            weight: 0.5
          - {kind: regex, pattern: 'it''s "\\d+"', found: 2}
          - kind: ensemble
            rule: min
            members:
              - {kind: random, seed: 3}
              - {kind: language, script: han}
        """);

    assertThat(recipe.rewards()).containsExactly(new RewardSpec.Sequence(0.5, Path.of("models/rm"), false, 16384),
        new RuleSpec.Regex(1, "it's \"\\d+\"", 2, 0), new RewardSpec.Ensemble(1, EnsembleRule.MIN, 1,
            List.of(new RewardSpec.Random(1, 3), new RuleSpec.Language(1, "han"))));
    assertThat(RecipeConfig.parse(recipe.resolvedYaml())).isEqualTo(recipe);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "rewards: 3|rewards: is the value '3', must be a list of sections with keys",
      "rewards: [x]|rewards[1]: is the value 'x', must be a section with keys",
      "rewards: [{weight: 1}]|rewards[1].kind: is missing, must be one of sequence, ",
      "rewards: [{kind: random}, {kind: sequense}]|rewards[2].kind: is 'sequense', did you mean sequence?",
      "rewards: [{kind: random, sead: 1}]|unknown key rewards[1].sead, did you mean seed?",
      "rewards: [{kind: sequence}]|rewards[1].path: is missing",
      "rewards: [{kind: length, max: 3, min: 4}]|rewards[1].max: is 3, must be at least 4",
      "rewards: [{kind: regex, pattern: '('}]|rewards[1].pattern: is not a regular expression: Unclosed group",
      "rewards: [{kind: accuracy, extract: 'x'}]|rewards[1].extract: is 'x', must be a regular expression with a group",
      "rewards: [{kind: language, script: klingon}]|rewards[1].script: is 'klingon', must be the Unicode name",
      "rewards: [{kind: ensemble, members: []}]|rewards[1].members: is empty, must be a list of rewards",
      "rewards: [{kind: ensemble, members: [{kind: random, sed: 1}]}]|unknown key rewards[1].members[1].sed"})
  void wrongEntriesAreNamed(String yaml, String message) {
    assertThatThrownBy(() -> RecipeConfig.parse(yaml)).isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }
}
