package io.rlhf4j.reward;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Scores sequences with a trained reward model.
 *
 * <p>A model whose {@code config.json} names a {@code reward_token_id} gets that token appended and is read there; any
 * other is read at the last token as it comes. One thread at a time.
 */
public final class RewardModelScorer implements RewardRole {

  private final ScalarModel model;
  /** Null where the model's own weights are used. */
  private final @Nullable InferenceWeights weights;
  private final ScoredEnd end;
  private final int maxTokens;
  private final double shift;
  private final double scale;
  private final boolean sharesPrompts;

  private RewardModelScorer(ScalarModel model, InferencePrecision precision, ScoredEnd end, int maxTokens, double shift,
      double scale, boolean sharesPrompts) {
    this.model = model;
    this.weights = precision == InferencePrecision.FP32 ? null : model.inferenceWeights(precision);
    this.end = end;
    this.maxTokens = maxTokens;
    this.shift = shift;
    this.scale = scale;
    this.sharesPrompts = sharesPrompts;
  }

  /** A scorer in fp32. */
  public static RewardModelScorer load(Path directory, int maxTokens, boolean normalize) {
    return load(directory, maxTokens, normalize, InferencePrecision.FP32);
  }

  /**
   * Loads a reward model in Hugging Face layout.
   *
   * @param maxTokens tokens in one forward pass; a single longer sequence still gets its own
   * @param normalize whether to return {@code (score - mean) / std} with the values measured at the end of training
   * @param precision INT8 is for models that {@link PairAgreement} allows it
   * @throws InputException if the directory holds no reward model, or no mean and std although they are needed
   */
  public static RewardModelScorer load(Path directory, int maxTokens, boolean normalize,
      InferencePrecision precision) {
    return load(directory, maxTokens, normalize, precision, false);
  }

  /**
   * Like {@link #load(Path, int, boolean)}; besides, a prompt that several answers have goes through the model once for
   * all of them, and so does an answer that occurs again. Scores are the same up to rounding.
   */
  public static RewardModelScorer loadSharing(Path directory, int maxTokens, boolean normalize) {
    return load(directory, maxTokens, normalize, InferencePrecision.FP32, true);
  }

  private static RewardModelScorer load(Path directory, int maxTokens, boolean normalize, InferencePrecision precision,
      boolean sharesPrompts) {
    ScalarModel model = ScalarModel.load(directory);
    try {
      ObjectNode config = model.source();
      Integer rewardToken = config.path(RewardCheckpoint.REWARD_TOKEN).isInt()
          ? config.get(RewardCheckpoint.REWARD_TOKEN).asInt() : null;
      double mean = normalize ? number(directory, config, RewardCheckpoint.MEAN) : 0;
      double std = normalize ? number(directory, config, RewardCheckpoint.STD) : 1;
      return new RewardModelScorer(model, precision, new ScoredEnd(rewardToken), maxTokens, mean, 1 / std,
          sharesPrompts);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static double number(Path directory, ObjectNode config, String field) {
    double value = config.path(field).asDouble(Double.NaN);
    boolean usable = Double.isFinite(value) && (!field.equals(RewardCheckpoint.STD) || value > 0);
    if (!config.path(field).isNumber() || !usable) {
      throw InputException.in(directory.resolve("config.json"), "has no usable " + field
          + ", so scores cannot be normalised; train the reward model with this project or switch normalisation off");
    }
    return value;
  }

  @Override
  public float[] score(List<TokenSequence> sequences) {
    return sharesPrompts ? scoreSharing(sequences) : scoreSeparately(sequences);
  }

  private float[] scoreSeparately(List<TokenSequence> sequences) {
    // Neighbours of about the same length leave little padding in the attention blocks.
    return scoreInOrder(sequences.stream().map(end::of).toList(), Comparator.comparingInt(TokenSequence::length),
        part -> PackedBatch.of(part.stream().map(TokenSequence::tokens).toList()));
  }

  private float[] scoreSharing(List<TokenSequence> sequences) {
    var distinct = new DistinctSequences();
    int[] index = sequences.stream().mapToInt(sequence -> distinct.indexOf(end.of(sequence))).toArray();
    Map<IntBuffer, Integer> seen = new HashMap<>();
    Comparator<TokenSequence> byPrompt = Comparator.comparingInt(sequence -> seen
        .computeIfAbsent(IntBuffer.wrap(sequence.tokens(), 0, sequence.promptLength()), prompt -> seen.size()));
    float[] scores = scoreInOrder(distinct.all(), byPrompt, part -> PackedBatch.sharingPrompts(part, shape()));
    float[] all = new float[index.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = scores[index[i]];
    }
    return all;
  }

  /** Scores in the order of the list, computed in another order. */
  private float[] scoreInOrder(List<TokenSequence> sequences, Comparator<TokenSequence> order,
      Function<List<TokenSequence>, PackedBatch> pack) {
    float[] scores = new float[sequences.size()];
    List<Integer> ordered = IntStream.range(0, scores.length).boxed()
        .sorted(Comparator.comparing(sequences::get, order)).toList();
    for (List<Integer> part : Batches.ofTokens(ordered, i -> sequences.get(i).length(), maxTokens)) {
      float[] raw = Compute.run(() -> forward(part.stream().map(sequences::get).toList(), pack));
      for (int k = 0; k < raw.length; k++) {
        scores[part.get(k)] = (float) ((raw[k] - shift) * scale);
      }
    }
    return scores;
  }

  private float[] forward(List<TokenSequence> sequences, Function<List<TokenSequence>, PackedBatch> pack) {
    try (MemoryScope ignored = MemoryScope.open()) {
      PackedBatch batch = pack.apply(sequences);
      Tensor rows = Tensor.of(batch.lastRows(), sequences.size());
      return (weights == null ? model.scores(batch, rows) : model.scores(weights, batch, rows))
          .toFloats();
    }
  }

  /** One more than the largest token id that the model knows. */
  public int vocabSize() {
    return model.backbone().config().vocabSize();
  }

  /** Sizes of the model. */
  public DecoderShape shape() {
    return model.backbone().config();
  }

  @Override
  public void close() {
    if (weights != null) {
      weights.close();
    }
    model.close();
  }

  /** Adds the reward token where the model wants one. */
  private record ScoredEnd(@Nullable Integer rewardToken) {

    TokenSequence of(TokenSequence sequence) {
      return rewardToken == null ? sequence
          : new TokenSequence(new ScoredToken.RewardToken(rewardToken).endOf(sequence.tokens()),
              sequence.promptLength());
    }
  }
}
