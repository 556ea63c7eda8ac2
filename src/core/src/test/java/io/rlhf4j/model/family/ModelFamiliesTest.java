package io.rlhf4j.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.PositionStyle.Frequencies;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations as they are published, and what is refused. */
class ModelFamiliesTest {

  private static final String SIZES = "'vocab_size': 100, 'hidden_size': 64, 'intermediate_size': 96, "
      + "'num_hidden_layers': 7, 'num_attention_heads': 4, ";

  @Test
  void olderAndNewerRotaryFieldsMeanTheSame() {
    Rotary older = rotary("'model_type': 'llama', 'rope_theta': 500000.0, 'rope_scaling': {'factor': 8.0, "
        + "'low_freq_factor': 1.0, 'high_freq_factor': 4.0, 'original_max_position_embeddings': 8192, "
        + "'rope_type': 'llama3'}");
    Rotary newer = rotary("'model_type': 'llama', 'rope_parameters': {'factor': 8.0, 'low_freq_factor': 1.0, "
        + "'high_freq_factor': 4.0, 'original_max_position_embeddings': 8192, 'rope_type': 'llama3', "
        + "'rope_theta': 500000.0}");
    assertThat(older).isEqualTo(newer)
        .isEqualTo(new Rotary(16, older.full(), older.full()))
        .extracting(Rotary::full).isEqualTo(new Frequencies(500_000, new RopeScaling.Llama3(8, 1, 4, 8192)));
    assertThat(rotary("'model_type': 'llama', 'rope_scaling': {'type': 'linear', 'factor': 4.0}").full())
        .isEqualTo(new Frequencies(10_000, new RopeScaling.Linear(4)));
    assertThat(rotary("'model_type': 'gpt_neox', 'rotary_pct': 0.25, 'rotary_emb_base': 5000").size()).isEqualTo(4);
  }

  /** As transformers before 5 wrote them, as it writes them, and as the first files of a family were written. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      "linear | linear | 'factor': 4.0",
      "dynamic | dynamic | 'factor': 4.0",
      "yarn | yarn | 'factor': 4.0, 'original_max_position_embeddings': 512, 'beta_fast': 16, 'attention_factor': 1.5",
      "longrope | su | 'short_factor': [1,1,1,1,1,1,1,2], 'long_factor': [1,1,1,1,1,1,3,4]",
      "longrope | yarn | 'short_factor': [1,1,1,1,1,1,1,2], 'long_factor': [1,1,1,1,1,1,3,4]"})
  void namesOfRotaryFieldsOfAnyAgeMeanTheSame(String type, String first, String values) {
    String common = "'model_type': 'phi3', 'max_position_embeddings': 2048, ";
    Rotary newer = rotary(common + "'rope_parameters': {'rope_type': '" + type + "', 'rope_theta': 500.0, "
        + "'partial_rotary_factor': 1.0, " + values + "}");
    assertThat(newer.full().scaling()).isNotEqualTo(new RopeScaling.None());
    for (String name : List.of("rope_type", "type")) {
      for (String spelled : List.of(type, first)) {
        assertThat(rotary(common + "'rope_theta': 500.0, 'rope_scaling': {'" + name + "': '" + spelled + "', " + values
            + "}")).isEqualTo(newer);
      }
    }
  }

  @Test
  void longRopeHasItsOriginalLengthBesideTheOtherFields() {
    Rotary rotary = rotary("'model_type': 'phi3', 'max_position_embeddings': 131072, "
        + "'original_max_position_embeddings': 4096, 'rope_scaling': {'type': 'longrope', 'short_factor': "
        + "[1,1,1,1,1,1,1,2], 'long_factor': [1,1,1,1,1,1,3,4]}");
    // sqrt(1 + ln 32 / ln 4096) = sqrt(17 / 12)
    assertThat(rotary.full().scaling().attentionFactor()).isCloseTo(1.1902380714238083, within(1e-12));
    assertThat(rotary.longestShort()).isEqualTo(4096);
    assertThat(new int[] {rotary.place(5, 4096), rotary.place(5, 4097)}).containsExactly(5, 4101);
    assertThat(rotary.full().scaling().scaled(new float[8], 256, false)).endsWith(1 / 64f, 1 / 256f);
  }

  @Test
  void gemma3HasFrequenciesOfItsOwnWhereThereIsAWindow() {
    Rotary rotary = rotary("'model_type': 'gemma3_text', 'head_dim': 16, 'rope_theta': 1000000.0, "
        + "'rope_local_base_freq': 10000.0, 'rope_scaling': {'rope_type': 'linear', 'factor': 8.0}");
    assertThat(rotary.full()).isEqualTo(new Frequencies(1e6, new RopeScaling.Linear(8)));
    assertThat(rotary.windowed()).isEqualTo(new Frequencies(1e4, new RopeScaling.None()));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      "'model_type': 'llama' |    0 | .......",
      "'model_type': 'mistral', 'sliding_window': 4096 | 4096 | xxxxxxx",
      "'model_type': 'mistral', 'sliding_window': null |    0 | .......",
      "'model_type': 'mistral' | 4096 | xxxxxxx",
      "'model_type': 'qwen2', 'sliding_window': 32, 'use_sliding_window': false |    0 | .......",
      "'model_type': 'qwen2', 'sliding_window': 32, 'use_sliding_window': true, 'max_window_layers': 5|   32 | .....xx",
      "'model_type': 'gemma2', 'head_dim': 16, 'sliding_window': 8 |    8 | x.x.x.x",
      "'model_type': 'gemma3_text', 'head_dim': 16, 'sliding_window': 8 |    8 | xxxxx.x",
      "'model_type': 'phi3', 'sliding_window': 2047 | 2047 | xxxxxxx"})
  void windowsStandWhereTheFamilyHasThem(String fields, int window, String layers) {
    AttentionStyle attention = describe(fields).attention();
    assertThat(attention.window()).isEqualTo(window);
    List<Boolean> expected = layers.chars().mapToObj(c -> c == 'x').toList();
    assertThat(attention.windowed()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
      "'model_type': 'llama', 'hidden_act': 'relu' | hidden_act is \"relu\", only silu, gelu",
      "'model_type': 'llama', 'rope_scaling': {'type': 'ntk'} | has type \"ntk\", only default, linear",
      "'model_type': 'phi3', 'rope_scaling': {'type': 'longrope'} | rope_scaling.short_factor is missing, must be a list",
      "'model_type': 'phi3', 'rope_scaling': {'type': 'su', 'short_factor': [1]} | short_factor is [1], must be a list of 8",
      "'model_type': 'llama', 'quantization_config': {'bits': 4} | quantization_config is {\"bits\":4}, only unquant",
      "'model_type': 'internlm2', 'bias': true | bias is true, only false is supported",
      "'model_type': 'gemma3_text', 'head_dim': 16, 'use_bidirectional_attention': true | attention is true, only fals",
      "'model_type': 'qwen2', 'use_sliding_window': true, 'layer_types': ['a','a','a','a','a','a','a'] | layer_types",
      "'model_type': 'mamba' | model_type is \"mamba\", supported are llama, mis",
      "'model_type': 'gemma2' | head_dim is missing, must be an integer",
      "'model_type': 'llama', 'vocab_size': 'many' | vocab_size is \"many\", must be an integer",
      "'model_type': 'llama', 'num_key_value_heads': 3 | num_key_value_heads: is 3, must divide",
      "'model_type': 'llama', 'architectures': ['LlamaForQuestionAnswering'] | architectures is [\"LlamaForQuestion"})
  void refusesByName(String fields, String message) {
    assertThatThrownBy(() -> describe(fields)).isInstanceOf(InputException.class).hasMessageContaining(message);
  }

  @Test
  void scalesFrequenciesByTheFormulas() {
    float[] plain = {1, 0.1f, 0.01f, 0.001f};
    assertThat(new RopeScaling.Linear(4).scaled(plain, 10, false)).containsExactly(new float[] {0.25f, 0.025f, 0.0025f,
        0.00025f}, within(1e-9f));
    // Wavelengths 6.28, 62.8, 628, 6283. Below 128 / 4 they stay, above 128 / 1 they are divided by 8; 62.8 is blended:
    // smooth = (128 / 62.832 - 1) / 3 = 0.345728, 0.1 * (0.345728 + 0.654272 / 8) = 0.0427512.
    assertThat(new RopeScaling.Llama3(8, 1, 4, 128).scaled(plain, 10, false))
        .containsExactly(new float[] {1, 0.0427512f, 0.00125f, 0.000125f}, within(1e-7f));
    // YaRN over 8 elements: pairs from floor(8 ln(128 / (32 * 2 pi)) / (2 ln 10)) = floor(-0.78) -> 0 to
    // ceil(8 ln(128 / 2 pi) / (2 ln 10)) = ceil(5.24) = 6: pair i is divided by 4 to the share i / 6.
    assertThat(new RopeScaling.Yarn(4, 1, 32, 1, 128, true).scaled(plain, 10, false)).containsExactly(new float[] {1,
        0.1f * (1 - 0.75f / 6), 0.01f * (1 - 0.75f * 2 / 6), 0.001f * (1 - 0.75f * 3 / 6)}, within(1e-7f));
  }

  private static Rotary rotary(String fields) {
    return (Rotary) describe(fields).positions();
  }

  private static DecoderShape describe(String fields) {
    try {
      ObjectNode json =
          (ObjectNode) new ObjectMapper().readTree(("{" + SIZES + fields + "}").replace('\'', '"'));
      ConfigFields config = ConfigFields.of(Path.of("config.json"), json);
      DecoderShape shape = ModelFamilies.of(config).describe(config);
      config.refuseUnsupported();
      return shape;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(fields, e);
    }
  }
}
