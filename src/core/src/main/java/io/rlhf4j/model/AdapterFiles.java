package io.rlhf4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.model.family.HubTensor;
import io.rlhf4j.model.family.ModelFamily.Head;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Adapters in PEFT's layout: {@code adapter_config.json} and {@code adapter_model.safetensors}. */
final class AdapterFiles {

  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  /** Fields of {@code config.json} that the adapters' model has otherwise, where it is not saved itself. */
  private static final String CHANGES = "config_changes.json";
  private static final String PREFIX = "base_model.model.";
  private static final String SCORE = PREFIX + WeightLayout.SCORE;
  private static final int LONGEST_CHAIN = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Fields that change what adapters do, and the values with which they do not. */
  private static final Map<String, Set<String>> PLAIN = Map.ofEntries(Map.entry("bias", Set.of("\"none\"")),
      Map.entry("use_dora", Set.of("false")), Map.entry("lora_bias", Set.of("false")),
      Map.entry("use_qalora", Set.of("false")), Map.entry("rank_pattern", Set.of("{}")),
      Map.entry("alpha_pattern", Set.of("{}")), Map.entry("layer_replication", Set.of()),
      Map.entry("trainable_token_indices", Set.of()), Map.entry("target_parameters", Set.of()),
      Map.entry("alora_invocation_tokens", Set.of()), Map.entry("use_bdlora", Set.of("false")),
      Map.entry("arrow_config", Set.of()), Map.entry("kasa_config", Set.of()));

  private AdapterFiles() {}

  /** Whether a directory holds adapters and no whole model. */
  static boolean isIn(Path directory) {
    return Files.isRegularFile(directory.resolve(CONFIG)) && !Files.isRegularFile(directory.resolve("config.json"));
  }

  static void write(LanguageModel model, Path directory, StoredType floats) {
    Adapters adapters = model.backbone().adapters().orElseThrow();
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Files.createDirectories(directory);
      JSON.writerWithDefaultPrettyPrinter().writeValue(directory.resolve(CONFIG).toFile(), json(model, adapters));
      Map<String, Tensor> stored = new LinkedHashMap<>();
      adapters.byModule().forEach((name, adapter) -> {
        stored.put(PREFIX + name + ".lora_A.weight", adapter.a());
        stored.put(PREFIX + name + ".lora_B.weight", adapter.b().size() == 1 ? adapter.b().getFirst()
            : Kernels.tensor("join_fused", adapter.b(), adapter.module().groups(), false));
      });
      if (model.head() == Head.SCORE) {
        stored.put(SCORE, model.weights().get(WeightLayout.SCORE));
      }
      SafetensorsWriter.write(directory.resolve(WEIGHTS), stored, floats, Map.of("format", "pt"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory, e);
    }
  }

  /** In place of the model; what its {@code config.json} would say goes with it. */
  static void writeAlone(LanguageModel model, Path directory, StoredType floats) {
    write(model, directory, floats);
    ObjectNode before = fieldsOf(model.backbone().adapters().orElseThrow().base());
    ObjectNode changes = JSON.createObjectNode();
    model.source().properties().forEach(field -> {
      if (!field.getValue().equals(before.get(field.getKey()))) {
        changes.set(field.getKey(), field.getValue());
      }
    });
    before.fieldNames().forEachRemaining(name -> {
      if (!model.source().has(name)) {
        changes.putNull(name);
      }
    });
    try {
      if (!changes.isEmpty()) {
        JSON.writerWithDefaultPrettyPrinter().writeValue(directory.resolve(CHANGES).toFile(), changes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory, e);
    }
  }

  /** None if the model is not there any more: what was learned is worth saving all the same. */
  private static ObjectNode fieldsOf(Path base) {
    try {
      return ModelDescription.read(base).json();
    } catch (InputException e) {
      return JSON.createObjectNode();
    }
  }

  private static void applyChanges(Path directory, ObjectNode source) {
    Path file = directory.resolve(CHANGES);
    if (Files.isRegularFile(file)) {
      object(file).properties().forEach(field -> {
        if (field.getValue().isNull()) {
          source.remove(field.getKey());
        } else {
          source.set(field.getKey(), field.getValue());
        }
      });
    }
  }

  static void nameBase(Path directory, Path base) {
    Path file = directory.resolve(CONFIG);
    if (Files.isRegularFile(file)) {
      ObjectNode json = json(directory).put("base_model_name_or_path", base.toAbsolutePath().toString());
      try {
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + file, e);
      }
    }
  }

  private static ObjectNode json(LanguageModel model, Adapters adapters) {
    LoraConfig config = adapters.config();
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA").put("task_type", model.head() == Head.SCORE ? "SEQ_CLS" : "CAUSAL_LM");
    json.put("base_model_name_or_path", adapters.base().toString());
    json.put("r", config.r()).put("lora_dropout", config.loraDropout()).put("use_rslora", config.useRslora());
    if (config.loraAlpha() == Math.rint(config.loraAlpha())) {
      json.put("lora_alpha", (long) config.loraAlpha());
    } else {
      json.put("lora_alpha", config.loraAlpha());
    }
    // PEFT reads names that end like these as well, so whole names keep it from meaning more modules than we do.
    adapters.byModule().keySet().forEach(json.withArray("target_modules")::add);
    json.put("bias", "none").put("inference_mode", true).put("init_lora_weights", true);
    json.put("fan_in_fan_out", adapters.byModule().values().stream().anyMatch(it -> it.module().transposed()));
    if (model.head() == Head.SCORE) {
      json.putArray("modules_to_save").add("score");
    } else {
      json.putNull("modules_to_save");
    }
    return json;
  }

  /** The model that the adapters of {@code directory} belong to, with them. */
  static CausalModel causal(Path directory) {
    whole(directory);
    ObjectNode json = json(directory, "CAUSAL_LM");
    Path base = base(directory, json);
    CausalModel model = CausalModel.load(base);
    return withAdapters(model, base, directory, json);
  }

  /** Likewise a model with a score head, which the adapters' file holds. */
  static ScalarModel scalar(Path directory) {
    whole(directory);
    ObjectNode json = json(directory, "SEQ_CLS");
    Path base = base(directory, json);
    ScalarModel model = ScalarModel.withNewHead(base, 0, 0);
    return withAdapters(model, base, directory, json);
  }

  /** Whether the adapters come with a score head. */
  static boolean scores(Path directory) {
    return json(directory).path("task_type").asText().equals("SEQ_CLS");
  }

  /**
   * A directory of adapters, the model that they stand beside, which may itself be one of adapters, and so on to a
   * whole model; the directory alone if it holds no adapters.
   */
  static List<Path> chain(Path directory) {
    List<Path> chain = new ArrayList<>(List.of(directory));
    while (isIn(chain.getLast())) {
      if (chain.size() > LONGEST_CHAIN) {
        throw InputException.in(directory.resolve(CONFIG), "base_model_name_or_path leads through more than "
            + LONGEST_CHAIN + " directories of adapters, or in a circle");
      }
      chain.add(base(chain.getLast(), json(chain.getLast())));
    }
    return chain;
  }

  /** The whole model at the end of the chain. */
  static Path whole(Path directory) {
    return chain(directory).getLast();
  }

  private static Path base(Path directory, ObjectNode json) {
    String name = json.path("base_model_name_or_path").asText("");
    for (Path candidate : List.of(Path.of(name), directory.resolve(name))) {
      if (!name.isEmpty() && Files.isDirectory(candidate)) {
        return candidate;
      }
    }
    throw InputException.in(directory.resolve(CONFIG), "base_model_name_or_path is \"" + name
        + "\", must be the directory of the model that the adapters belong to");
  }

  private static <M extends LanguageModel> M withAdapters(M model, Path base, Path directory, ObjectNode json) {
    model.mergeAdapters();
    try (MemoryScope ignored = MemoryScope.open();
        SafetensorsReader files = SafetensorsReader.open(directory.resolve(WEIGHTS))) {
      Adapters adapters = Adapters.readFrom(directory.toAbsolutePath(), config(directory, json),
          base.toAbsolutePath().normalize());
      Set<String> used = new HashSet<>();
      Map<String, long[]> layout = WeightLayout.backbone(model.description().shape());
      for (HubTensor module : Adapters.projections(model.description())) {
        if (files.names().contains(PREFIX + Adapters.moduleName(module) + ".lora_A.weight")) {
          read(files, directory, module, layout, adapters, used);
        }
      }
      if (model.head() == Head.SCORE && used.add(SCORE)) {
        files.readInto(SCORE, model.weights().get(WeightLayout.SCORE));
      }
      Set<String> others = new TreeSet<>(files.names());
      others.removeAll(used);
      if (!others.isEmpty() || adapters.byModule().isEmpty()) {
        throw InputException.in(directory.resolve(WEIGHTS), others.isEmpty() ? "has no adapter of this model"
            : "tensor " + others.iterator().next() + " belongs to no projection of this model");
      }
      model.backbone().setAdapters(adapters, 0);
      applyChanges(directory, model.source());
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static void read(SafetensorsReader files, Path directory, HubTensor module, Map<String, long[]> layout,
      Adapters adapters, Set<String> used) {
    String name = PREFIX + Adapters.moduleName(module);
    int[] rows = module.rows(layout);
    int rank = adapters.config().r();
    Tensor a = shaped(files, directory, name + ".lora_A.weight", rank, layout.get(module.parts().getFirst())[1]);
    Tensor b = shaped(files, directory, name + ".lora_B.weight", Arrays.stream(rows).sum(), rank);
    used.add(name + ".lora_A.weight");
    used.add(name + ".lora_B.weight");
    adapters.add(module, rows, a, rows.length == 1 ? List.of(b)
        : new ArrayList<>(Kernels.tensors("split_fused", b, rows, module.groups(), false)));
  }

  private static Tensor shaped(SafetensorsReader files, Path directory, String name, long... shape) {
    if (!files.names().contains(name)) {
      throw InputException.in(directory.resolve(WEIGHTS), "tensor " + name + " is missing");
    }
    if (!Arrays.equals(files.shape(name), shape)) {
      throw InputException.in(directory.resolve(WEIGHTS), "tensor " + name + " has shape "
          + Arrays.toString(files.shape(name)) + ", model and " + CONFIG + " ask for " + Arrays.toString(shape));
    }
    return files.readFinite(name);
  }

  private static LoraConfig config(Path directory, ObjectNode json) {
    List<String> targets = new ArrayList<>();
    json.path("target_modules").forEach(target -> targets.add(target.asText()));
    try {
      return new LoraConfig(json.path("r").asInt(), json.path("lora_alpha").asDouble(),
          json.path("lora_dropout").asDouble(0), targets.isEmpty() ? List.of(LoraConfig.ALL_LINEAR) : targets,
          json.path("use_rslora").asBoolean(false));
    } catch (InputException e) {
      throw InputException.in(directory.resolve(CONFIG), e.getMessage());
    }
  }

  private static ObjectNode json(Path directory, String task) {
    ObjectNode json = json(directory);
    String found = json.path("task_type").asText(task);
    if (!found.equals(task)) {
      throw InputException.in(directory.resolve(CONFIG),
          "task_type is \"" + found + "\", must be \"" + task + "\" here");
    }
    return json;
  }

  private static ObjectNode json(Path directory) {
    Path file = directory.resolve(CONFIG);
    ObjectNode json = object(file);
    refuseUnsupported(file, json);
    return json;
  }

  private static ObjectNode object(Path file) {
    try {
      if (JSON.readTree(file.toFile()) instanceof ObjectNode json) {
        return json;
      }
      throw InputException.in(file, "must hold a JSON object");
    } catch (JsonProcessingException e) {
      throw InputException.at(file, e.getLocation().getLineNr(), "is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read: " + e.getMessage());
    }
  }

  private static void refuseUnsupported(Path file, ObjectNode json) {
    if (!json.path("peft_type").asText().equals("LORA")) {
      throw InputException.in(file, "peft_type is " + json.path("peft_type") + ", supported is \"LORA\"");
    }
    new TreeSet<>(PLAIN.keySet()).forEach(field -> {
      JsonNode value = json.path(field);
      if (!value.isMissingNode() && !value.isNull() && !PLAIN.get(field).contains(value.toString())) {
        throw InputException.in(file, field + " is " + value + ", which is not supported");
      }
    });
    for (JsonNode module : json.path("modules_to_save")) {
      if (!Set.of("score", "classifier").contains(module.asText())) {
        throw InputException.in(file, "modules_to_save has " + module + ", supported is \"score\"");
      }
    }
  }
}
