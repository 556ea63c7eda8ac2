package io.rlhf4j.model;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A backbone with one number a row: reward model and critic ({@code *ForSequenceClassification}, one label). */
public final class ScalarModel implements LanguageModel {

  private final Backbone backbone;
  private final Tensor head;
  private final ModelDescription description;

  ScalarModel(Backbone backbone, Tensor head, ModelDescription description) {
    this.backbone = backbone;
    this.head = head;
    this.description = description;
  }

  /** Reads a Hugging Face directory that has a score head, or PEFT adapters with one and the model that they name. */
  public static ScalarModel load(Path directory) {
    return AdapterFiles.isIn(directory) ? AdapterFiles.scalar(directory) : ModelReader.scalar(directory);
  }

  /**
   * Reads the backbone of any model directory and puts a new head on it, normal with the given standard deviation; 0
   * gives a zero head. OpenRLHF uses {@code 1 / (H + 1)}, Huang et al. 2024 {@code 1 / sqrt(H + 1)}.
   */
  public static ScalarModel withNewHead(Path directory, double standardDeviation, long seed) {
    if (!AdapterFiles.isIn(directory)) {
      return ModelReader.scalarWithNewHead(directory, standardDeviation, seed);
    }
    LanguageModel model = LanguageModel.load(directory);
    model.mergeAdapters();
    return switch (model) {
      case CausalModel causal -> withNewHead(causal, standardDeviation, seed);
      case ScalarModel scalar -> {
        scalar.head.close();
        yield new ScalarModel(scalar.backbone,
            ModelInit.scoreHead(scalar.backbone.config().hiddenSize(), standardDeviation, seed), scalar.description);
      }
    };
  }

  /**
   * Takes the backbone of {@code model}, which must not be used afterwards, and puts a new head on it, as
   * {@link #withNewHead(Path, double, long)} does.
   */
  public static ScalarModel withNewHead(CausalModel model, double standardDeviation, long seed) {
    DecoderShape config = model.backbone().config();
    if (!config.tiedEmbeddings()) {
      model.projection().close();
    }
    return new ScalarModel(model.backbone(), ModelInit.scoreHead(config.hiddenSize(), standardDeviation, seed),
        model.description());
  }

  /** The head at chosen rows of {@code hidden}: {@code [T, H], [N] -> [N]}. */
  public Tensor scores(Tensor hidden, Tensor rows) {
    return Kernels.tensor("scalar_head", Kernels.tensor("select_rows", hidden, rows), head);
  }

  /** The head at chosen rows of a packed batch, never with a gradient: {@code [N] -> [N]}. */
  public Tensor scores(PackedBatch batch, Tensor rows) {
    return Kernels.inferred("scalar_head", backbone.hiddenAt(batch, rows), head);
  }

  /** The weights as they are now, rearranged for {@link #scores(InferenceWeights, PackedBatch, Tensor)}. */
  public InferenceWeights inferenceWeights(InferencePrecision precision) {
    return InferenceWeights.of(backbone, head, precision);
  }

  /** Scores at some rows of a packed batch, without gradients: {@code [N] -> [N]}. */
  public Tensor scores(InferenceWeights weights, PackedBatch batch, Tensor rows) {
    return Kernels.tensor("scalar_head", weights.hidden(batch, rows), head);
  }

  @Override
  public Backbone backbone() {
    return backbone;
  }

  @Override
  public Map<String, Tensor> weights() {
    Map<String, Tensor> all = new LinkedHashMap<>(backbone.weights());
    all.put(WeightLayout.SCORE, head);
    return all;
  }

  @Override
  public ModelFamily.Head head() {
    return ModelFamily.Head.SCORE;
  }

  @Override
  public ModelDescription description() {
    return description;
  }

  @Override
  public void close() {
    backbone.close();
    head.close();
  }
}
