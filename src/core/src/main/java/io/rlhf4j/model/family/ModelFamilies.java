package io.rlhf4j.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The families that this project knows. */
public final class ModelFamilies {

  private static final List<ModelFamily> ALL = List.of(new LlamaFamily(), new MistralFamily(), new Qwen2Family(),
      new Qwen3Family(), new InternLm2Family(), new Gemma2Family(), new Gemma3Family(), new Phi3Family(),
      new Gpt2Family(), new GptNeoxFamily());

  private ModelFamilies() {}

  /**
   * The family of a configuration. What every family would get wrong is noted in {@code fields}.
   *
   * @throws InputException if the model type or the architecture is not one that this project knows
   */
  public static ModelFamily of(ConfigFields fields) {
    String type = fields.node("model_type").asText("missing");
    ModelFamily family = ALL.stream().filter(known -> known.modelType().equals(type)).findFirst()
        .orElseThrow(() -> InputException.in(fields.file(), "model_type is \"" + type + "\", supported are "
            + ALL.stream().map(ModelFamily::modelType).collect(Collectors.joining(", "))));
    for (JsonNode architecture : fields.node("architectures")) {
      List<String> known = Stream.of(ModelFamily.Head.values()).map(family::architecture).toList();
      if (!known.contains(architecture.asText()) && !architecture.asText().equals(tokenClassifier(family))) {
        throw InputException.in(fields.file(), "architectures is [\"" + architecture.asText() + "\"], supported for "
            + type + " are " + String.join(" and ", known));
      }
    }
    fields.only("is_encoder_decoder", false);
    if (fields.has("quantization_config")) {
      fields.refuse("quantization_config", "only unquantised weights are supported");
    }
    return family;
  }

  /** What a classifier of each token is called, a process reward model for example. */
  public static String tokenClassifier(ModelFamily family) {
    return family.architecture(ModelFamily.Head.SCORE).replace("ForSequence", "ForToken");
  }

  /** Llama, the family of models that start from random weights. */
  public static ModelFamily llama() {
    return ALL.getFirst();
  }
}
