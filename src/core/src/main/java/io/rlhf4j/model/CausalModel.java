package io.rlhf4j.model;

import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A language model: backbone and vocabulary projection ({@code *ForCausalLM}). */
public final class CausalModel implements LanguageModel {

  /** Rows of the vocabulary projection computed at once; bounds the memory of inference to chunk times vocabulary. */
  private static final int CHUNK_ROWS = 4096;

  private final Backbone backbone;
  private final Tensor projection;
  private final ModelDescription description;

  CausalModel(Backbone backbone, Tensor projection, ModelDescription description) {
    this.backbone = backbone;
    this.projection = projection;
    this.description = description;
  }

  /** Reads a Hugging Face directory; {@link io.rlhf4j.config.InputException} names what does not fit. */
  public static CausalModel load(Path directory) {
    return ModelReader.causal(directory);
  }

  /** A model with random weights, normal with the given standard deviation; norms are 1. */
  public static CausalModel random(LlamaConfig config, double standardDeviation, long seed) {
    return ModelInit.causal(config, standardDeviation, seed);
  }

  /** Log-probs of chosen tokens at chosen rows of {@code hidden}, of softmax(logits / temperature). */
  public TokenLogProbs logProbs(Tensor hidden, ActionRows actions, double temperature) {
    Tensor selected = Kernels.tensor("select_rows", hidden, actions.rows());
    var results = Kernels.tensors("token_log_probs", selected, projection, actions.targets(), temperature,
        logitSoftCap(), CHUNK_ROWS);
    return new TokenLogProbs(results.get(0), results.get(1));
  }

  /** Logits of every row of {@code hidden}, {@code [T, V]}; for inspection of short texts. */
  public Tensor logits(Tensor hidden) {
    return Kernels.tensor("logits", hidden, projection, logitSoftCap());
  }

  @Override
  public Backbone backbone() {
    return backbone;
  }

  /** The vocabulary projection, {@code [V, H]}; the embedding itself when tied. */
  public Tensor projection() {
    return projection;
  }

  /** {@code c} of {@code c * tanh(logit / c)}, which stands between projection and softmax; 0 for none. */
  public double logitSoftCap() {
    return backbone.config().logitSoftCap();
  }

  @Override
  public Map<String, Tensor> weights() {
    Map<String, Tensor> all = new LinkedHashMap<>(backbone.weights());
    if (!backbone.config().tiedEmbeddings()) {
      all.put(WeightLayout.PROJECTION, projection);
    }
    return all;
  }

  @Override
  public ModelFamily.Head head() {
    return ModelFamily.Head.VOCABULARY;
  }

  @Override
  public ModelDescription description() {
    return description;
  }

  @Override
  public void close() {
    backbone.close();
    projection.close();
  }
}
