package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a recipe has that names a preset and nothing else. */
class PresetTest {

  /** Key, its value with openrlhf, its value with trl; all other keys have the defaults of the reference. */
  private static final String TABLE = """
      preset                openrlhf            trl
      prompts_per_iteration 1024                8
      samples_per_prompt    1                   1
      temperature           1.0                 0.7
      top_p                 1.0                 1.0
      max_new_tokens        128                 53
      kl_coef               0.01                0.05
      kl_estimator          k1                  k1
      kl_limit              10.0                null
      gamma                 1.0                 1.0
      lambda                1.0                 0.95
      whiten_unbiased       false               true
      group_std_epsilon     1.0e-9              1.0e-4
      reward_clip           10.0                null
      clip_range            0.2                 0.2
      clip_range_value      0.5                 0.2
      value_loss_coef       1.0                 0.1
      loss_aggregation      token_mean          token_mean
      epochs                1                   4
      mini_batch_size       128                 8
      actor.learning_rate   1.0e-6              3.0e-6
      actor.schedule        cosine_with_min_lr  linear
      actor.warmup_ratio    0.03                0.0
      actor.beta1           0.9                 0.9
      actor.beta2           0.95                0.999
      actor.epsilon         1.0e-8              1.0e-8
      actor.weight_decay    0.0                 0.0
      actor.max_grad_norm   1.0                 0.0
      critic.learning_rate  9.0e-6              3.0e-6
      critic.schedule       cosine_with_min_lr  linear
      critic.warmup_ratio   0.03                0.0
      critic.beta1          0.9                 0.9
      critic.beta2          0.95                0.999
      critic.epsilon        1.0e-8              1.0e-8
      critic.weight_decay   0.0                 0.0
      critic.max_grad_norm  1.0                 0.0
      """;

  @ParameterizedTest
  @CsvSource({"openrlhf, 1", "trl, 2"})
  void everyKeyIsAsTheTableSays(String preset, int column) {
    Map<String, String> expected = keys("{}");
    TABLE.lines().map(line -> line.split(" +")).forEach(row -> expected.put(row[0], row[column]));

    assertThat(keys("ppo: {preset: " + preset + "}")).isEqualTo(expected);
  }

  /** The section ppo, with sections below as a prefix. */
  private static Map<String, String> keys(String recipe) {
    YamlNode.Mapping all = YamlReader.readText(RecipeConfig.parse(recipe).resolvedYaml());
    Map<String, String> keys = new LinkedHashMap<>();
    collect((YamlNode.Mapping) all.entries().get("ppo"), "", keys);
    return keys;
  }

  private static void collect(YamlNode.Mapping section, String prefix, Map<String, String> keys) {
    section.entries().forEach((key, value) -> {
      switch (value) {
        case YamlNode.Mapping below -> collect(below, prefix + key + ".", keys);
        case YamlNode.Scalar(var text, var origin) -> keys.put(prefix + key, String.valueOf(text));
        case YamlNode.Sequence(var items, var origin) -> keys.put(prefix + key, items.size() + " items");
      }
    });
  }
}
