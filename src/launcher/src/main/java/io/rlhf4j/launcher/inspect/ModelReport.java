package io.rlhf4j.launcher.inspect;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.model.WeightSummary;
import io.rlhf4j.model.family.ConfigFields;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.FieldUse;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a model directory holds.
 *
 * @param modelType family
 * @param architectures classes that {@code config.json} names
 * @param supported whether this project computes the model
 * @param shape how the model is built; {@code fields} say it in JSON
 * @param fields what becomes of each field of {@code config.json}
 * @param parameters numbers in the weights; absent if the model is not supported
 * @param dtypes parameters of each type on disk
 * @param tokenizer the directory's tokenizer, if it has one
 */
record ModelReport(String modelType, List<String> architectures, boolean supported,
    @JsonIgnore DecoderShape shape, List<FieldUse> fields, @Nullable Long parameters, Map<String, Long> dtypes,
    @Nullable TokenizerReport tokenizer) {

  /**
   * The directory's tokenizer.
   *
   * @param vocabulary one more than the largest id
   * @param specialTokens named special tokens
   * @param chatTemplate its source, if there is one
   */
  record TokenizerReport(int vocabulary, Map<String, SpecialToken> specialTokens, @Nullable String chatTemplate) {}

  /**
   * A special token.
   *
   * @param id of the token; null if the vocabulary lacks it
   * @param text as the vocabulary spells it
   */
  record SpecialToken(@Nullable Integer id, String text) {}

  /** Reads configuration, tokenizer and, if the configuration is supported, all weights. */
  static ModelReport of(Path directory, ConfigFields fields) {
    ModelDescription description = ModelDescription.of(fields);
    List<FieldUse> uses = fields.uses();
    boolean supported = uses.stream().noneMatch(use -> use.use() == FieldUse.Kind.UNSUPPORTED);
    Optional<WeightSummary> weights =
        supported ? Optional.of(WeightSummary.of(directory, description)) : Optional.empty();
    Map<String, Long> types = new TreeMap<>();
    weights.ifPresent(summary -> summary.byType().forEach((type, count) -> types.put(type.name(), count)));
    return new ModelReport(description.family().modelType(),
        fields.json().path("architectures").valueStream().map(node -> node.asText()).toList(), supported,
        description.shape(), uses, weights.map(WeightSummary::parameters).orElse(null), types,
        tokenizer(directory, description.shape()));
  }

  private static @Nullable TokenizerReport tokenizer(Path directory, DecoderShape shape) {
    if (!Files.exists(directory.resolve("tokenizer.json"))) {
      return null;
    }
    try (Tokenizer tokenizer = ModelTokenizer.load(directory, shape)) {
      Map<String, SpecialToken> tokens = new TreeMap<>();
      tokenizer.specialTokens().forEach((name, text) -> tokens.put(name,
          new SpecialToken(tokenizer.idOf(text).isPresent() ? tokenizer.idOf(text).getAsInt() : null, text)));
      return new TokenizerReport(tokenizer.vocabularySize(), tokens, tokenizer.chatTemplateSource().orElse(null));
    }
  }
}
