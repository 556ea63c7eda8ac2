package io.rlhf4j.model;

import io.rlhf4j.model.family.ModelFamily;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A language model: backbone and vocabulary projection ({@code *ForCausalLM}). */
public final class CausalModel implements LanguageModel {

  private final Backbone backbone;
  private final VocabularyHead vocabulary;
  private final ModelDescription description;

  CausalModel(Backbone backbone, Tensor projection, ModelDescription description) {
    this.backbone = backbone;
    this.vocabulary = VocabularyHead.of(projection, backbone.config().logitSoftCap());
    this.description = description;
  }

  /**
   * Reads a Hugging Face directory, or a directory of PEFT adapters together with the model that they name;
   * {@link io.rlhf4j.config.InputException} names what does not fit.
   */
  public static CausalModel load(Path directory) {
    return AdapterFiles.isIn(directory) ? AdapterFiles.causal(directory) : ModelReader.causal(directory);
  }

  /** A model with random weights, normal with the given standard deviation; norms are 1. */
  public static CausalModel random(LlamaConfig config, double standardDeviation, long seed) {
    return ModelInit.causal(config, standardDeviation, seed);
  }

  /**
   * Log-probs of chosen tokens at chosen rows of {@code hidden}, of softmax(logits / temperature), and the entropies.
   * Worked out in chunks of rows: what is held does not grow with rows times vocabulary, in backward neither.
   */
  public TokenLogProbs logProbs(Tensor hidden, ActionRows actions, double temperature) {
    return vocabulary.logProbs(hidden, actions.rows(), actions.targets(), temperature);
  }

  /**
   * Next-token loss: {@code scale} times the sum of {@code -log softmax(logits)[target]} over chosen rows of
   * {@code hidden}, a scalar, nats. In chunks like {@link #logProbs}, and without computing the logits twice.
   */
  public Tensor nextTokenLoss(Tensor hidden, Tensor rows, Tensor targets, double scale) {
    return vocabulary.nextTokenLoss(hidden, rows, targets, scale);
  }

  /** Logits of every row of {@code hidden}, {@code [T, V]}; for inspection of short texts. */
  public Tensor logits(Tensor hidden) {
    return vocabulary.logits(hidden);
  }

  @Override
  public Backbone backbone() {
    return backbone;
  }

  /** The vocabulary projection, {@code [V, H]}; the embedding itself when tied. */
  public Tensor projection() {
    return vocabulary.projection();
  }

  /** {@code c} of {@code c * tanh(logit / c)}, which stands between projection and softmax; 0 for none. */
  public double logitSoftCap() {
    return backbone.config().logitSoftCap();
  }

  @Override
  public Map<String, Tensor> weights() {
    Map<String, Tensor> all = new LinkedHashMap<>(backbone.weights());
    if (!backbone.config().tiedEmbeddings()) {
      all.put(WeightLayout.PROJECTION, projection());
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
    projection().close();
  }
}
