package io.rlhf4j.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes what {@code transformers} loads: {@code config.json} and {@code model.safetensors}. */
final class ModelWriter {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelWriter() {}

  static void write(LanguageModel model, Path directory) {
    try {
      Files.createDirectories(directory);
      JSON.writerWithDefaultPrettyPrinter().writeValue(directory.resolve("config.json").toFile(), config(model));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory.resolve("config.json"), e);
    }
    SafetensorsWriter.write(directory.resolve("model.safetensors"), model.weights(), StoredType.F32,
        Map.of("format", "pt"));
  }

  private static ObjectNode config(LanguageModel model) {
    LlamaConfig config = model.backbone().config();
    ObjectNode json = model.source().deepCopy();
    json.putArray("architectures").add(model.architecture());
    json.put("model_type", "llama");
    json.put("hidden_act", "silu");
    json.put("vocab_size", config.vocabSize());
    json.put("hidden_size", config.hiddenSize());
    json.put("intermediate_size", config.intermediateSize());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.heads());
    json.put("num_key_value_heads", config.kvHeads());
    json.put("head_dim", config.headSize());
    json.put("rms_norm_eps", config.rmsNormEpsilon());
    // transformers 4 reads the first of these, transformers 5 the second.
    json.put("rope_theta", config.ropeTheta());
    json.putObject("rope_parameters").put("rope_theta", config.ropeTheta()).put("rope_type", "default");
    json.put("max_position_embeddings", config.maxPositions());
    json.put("tie_word_embeddings", config.tiedEmbeddings());
    json.put("torch_dtype", "float32");
    json.remove("dtype");
    if (model instanceof ScalarModel) {
      json.putObject("id2label").put("0", "LABEL_0");
      json.putObject("label2id").put("LABEL_0", 0);
    } else {
      json.remove("id2label");
      json.remove("label2id");
    }
    return json;
  }
}
