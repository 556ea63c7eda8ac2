package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.HubTensor;
import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.ModelFamily.Head;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the weights of a Hugging Face directory into the common layout. */
final class ModelReader {

  /** Of a classifier with two labels. */
  private static final String SCORE_BIAS = "score.bias";

  private final Path directory;
  private final ModelDescription description;
  private final Map<String, long[]> layout;
  /** Tensors besides backbone and heads. */
  private final List<HubTensor> extra = new ArrayList<>();

  private ModelReader(Path directory) {
    this(directory, ModelDescription.read(directory));
  }

  private ModelReader(Path directory, ModelDescription description) {
    this.directory = directory;
    this.description = description;
    DecoderShape shape = description.shape();
    this.layout = WeightLayout.backbone(shape);
    layout.put(WeightLayout.PROJECTION, new long[] {shape.vocabSize(), shape.hiddenSize()});
    layout.put(WeightLayout.SCORE, new long[] {1, shape.hiddenSize()});
  }

  static CausalModel causal(Path directory) {
    ModelReader reader = new ModelReader(directory);
    boolean tied = reader.description.shape().tiedEmbeddings();
    Map<String, Tensor> weights = reader.read(tied ? List.of() : List.of(Head.VOCABULARY));
    Tensor projection = tied ? weights.get(WeightLayout.EMBEDDING) : weights.remove(WeightLayout.PROJECTION);
    return new CausalModel(new Backbone(reader.description.shape(), weights), projection, reader.description);
  }

  static ScalarModel scalar(Path directory) {
    ModelReader reader = new ModelReader(directory);
    reader.checkLabels(1);
    Map<String, Tensor> weights = reader.read(List.of(Head.SCORE));
    Tensor head = weights.remove(WeightLayout.SCORE);
    return new ScalarModel(new Backbone(reader.description.shape(), weights), head, reader.description);
  }

  static BinaryClassifier binary(Path directory) {
    ModelReader reader = new ModelReader(directory);
    reader.expectTwoLabels();
    int hidden = reader.description.shape().hiddenSize();
    Map<String, Tensor> weights = reader.read(List.of(Head.SCORE));
    boolean biased = weights.containsKey(SCORE_BIAS);
    try (Tensor heads = weights.remove(WeightLayout.SCORE);
        Tensor bias = biased ? weights.remove(SCORE_BIAS) : null) {
      ScalarModel model = new ScalarModel(new Backbone(reader.description.shape(), weights),
          difference(heads.toFloats(), hidden), reader.description);
      float[] biases = bias == null ? new float[2] : bias.toFloats();
      return new BinaryClassifier(model, biases[1] - biases[0]);
    }
  }

  /** A head of two rows, maybe with a bias. */
  private void expectTwoLabels() {
    checkLabels(2);
    layout.put(WeightLayout.SCORE, new long[] {2, description.shape().hiddenSize()});
    try (ModelWeights files = ModelWeights.open(directory)) {
      if (files.contains(SCORE_BIAS)) {
        layout.put(SCORE_BIAS, new long[] {2});
        extra.add(HubTensor.same(SCORE_BIAS));
      }
    }
  }

  /** Label 1 minus label 0: {@code [2, H] -> [1, H]}. */
  private static Tensor difference(float[] heads, int hidden) {
    float[] difference = new float[hidden];
    for (int i = 0; i < hidden; i++) {
      difference[i] = heads[hidden + i] - heads[i];
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      return Tensor.of(difference, 1, hidden).owned();
    }
  }

  static ScalarModel scalarWithNewHead(Path directory, double standardDeviation, long seed) {
    ModelReader reader = new ModelReader(directory);
    DecoderShape shape = reader.description.shape();
    Backbone backbone = new Backbone(shape, reader.read(List.of()));
    return new ScalarModel(backbone, ModelInit.scoreHead(shape.hiddenSize(), standardDeviation, seed),
        reader.description);
  }

  private void checkLabels(int wanted) {
    ObjectNode json = description.json();
    int labels =
        json.path("num_labels").asInt(json.path("id2label").isObject() ? json.path("id2label").size() : wanted);
    if (labels != wanted) {
      throw InputException.in(directory.resolve("config.json"), (json.has("num_labels") ? "num_labels is " + labels
          : "id2label has " + labels + " labels") + (wanted == 1 ? ", only one is supported" : ", must be " + wanted));
    }
  }

  /** Checks every tensor of the files, one at a time, without keeping any. */
  static WeightSummary summary(Path directory, ModelDescription description) {
    ModelReader reader = new ModelReader(directory, description);
    try (ModelWeights files = ModelWeights.open(directory)) {
      Map<StoredType, Long> counts = new EnumMap<>(StoredType.class);
      Collection<String> names = reader.names(files, reader.heads()).values();
      for (String name : names) {
        try (MemoryScope ignored = MemoryScope.open()) {
          counts.merge(files.storedType(name), files.readFinite(name).count(), Long::sum);
        }
      }
      return new WeightSummary(names.size(), counts.values().stream().mapToLong(Long::longValue).sum(), counts);
    }
  }

  /** The head that the configuration names; without a name, that of a language model. */
  private List<Head> heads() {
    ModelFamily family = description.family();
    String named = description.json().path("architectures").path(0).asText();
    if (named.equals(family.architecture(Head.SCORE))) {
      checkLabels(1);
      return List.of(Head.SCORE);
    }
    if (BinaryClassifier.isIn(description)) {
      expectTwoLabels();
      return List.of(Head.SCORE);
    }
    return description.shape().tiedEmbeddings() ? List.of() : List.of(Head.VOCABULARY);
  }

  /** Reads backbone and heads. */
  private Map<String, Tensor> read(List<Head> heads) {
    try (ModelWeights files = ModelWeights.open(directory); MemoryScope ignored = MemoryScope.open()) {
      Map<HubTensor, String> names = names(files, heads);
      Map<String, Tensor> read = new HashMap<>();
      names.forEach((tensor, name) -> read.putAll(parts(tensor, files.readFinite(name))));
      Map<String, Tensor> weights = new LinkedHashMap<>();
      layout.keySet().stream().filter(read::containsKey).forEach(name -> weights.put(name, read.get(name)));
      weights.values().forEach(Tensor::owned);
      return weights;
    }
  }

  /** Names of the wanted tensors; others that are not known to be superfluous mean another architecture. */
  private Map<HubTensor, String> names(ModelWeights files, List<Head> heads) {
    List<HubTensor> wanted = new ArrayList<>(description.family().tensors(description.shape()));
    heads.forEach(head -> wanted.add(description.head(head)));
    wanted.addAll(extra);
    Map<HubTensor, String> names = new LinkedHashMap<>();
    wanted.forEach(tensor -> names.put(tensor, nameIn(files, tensor)));
    refuseOthers(files, Set.copyOf(names.values()));
    return names;
  }

  /** The tensor's name in these files, which may lack the prefix; its shape is checked. */
  private String nameIn(ModelWeights files, HubTensor tensor) {
    String prefix = description.family().prefix();
    String name = tensor.name();
    if (!files.contains(name) && name.startsWith(prefix) && files.contains(name.substring(prefix.length()))) {
      name = name.substring(prefix.length());
    }
    if (!files.contains(name)) {
      boolean score = tensor.parts().contains(WeightLayout.SCORE);
      throw InputException.in(directory, "tensor " + name + " is missing"
          + (score ? "; this model has no score head, so it is not a reward model or critic" : ""));
    }
    long[] shape = tensor.shape(layout);
    if (!Arrays.equals(files.shape(name), shape)) {
      throw InputException.in(files.file(name), "tensor " + name + " has shape " + Arrays.toString(files.shape(name))
          + ", config.json asks for " + Arrays.toString(shape));
    }
    return name;
  }

  private void refuseOthers(ModelWeights files, Set<String> wanted) {
    ModelFamily family = description.family();
    Set<String> heads =
        Arrays.stream(Head.values()).map(head -> description.head(head).name()).collect(Collectors.toSet());
    for (String name : files.names()) {
      boolean known = wanted.contains(name) || heads.contains(name);
      if (!known && family.derivedTensors().stream().noneMatch(name::endsWith)) {
        throw InputException.in(files.file(name), "tensor " + name + " belongs to no " + family.modelType()
            + " model of this config.json");
      }
    }
  }

  private Map<String, Tensor> parts(HubTensor tensor, Tensor stored) {
    if (tensor.isPlain()) {
      return Map.of(tensor.parts().getFirst(), stored);
    }
    List<Tensor> split =
        Kernels.tensors("split_fused", stored, tensor.rows(layout), tensor.groups(), tensor.transposed());
    stored.close();
    Map<String, Tensor> parts = new HashMap<>();
    for (int i = 0; i < split.size(); i++) {
      parts.put(tensor.parts().get(i), split.get(i));
    }
    return parts;
  }
}
