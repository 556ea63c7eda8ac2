package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.SaveFormat;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardModelScorerTest {

  private static final Offset<Float> ROUNDING = Offset.offset(1e-5f);
  private static final RewardEvaluation MEASURED = new RewardEvaluation(10, 7, 0, 1, 0, 0.5, 2.0,
      new ScoreRange(-4, -2, 0.5, 3, 5),
      new ScoreHistogram(-4, 5, List.of(), List.of()));

  @TempDir
  private Path directory;

  @Test
  void scoreDoesNotDependOnTheBatch() {
    save(new ScoredToken.EndOfSequence(2));
    List<TokenSequence> sequences = sequences(40);
    List<TokenSequence> backwards = new ArrayList<>(sequences);
    Collections.reverse(backwards);
    try (RewardModelScorer scorer = RewardModelScorer.load(directory, 100_000, false);
        RewardModelScorer small = RewardModelScorer.load(directory, 50, false)) {
      float[] together = scorer.score(sequences);
      float[] reversed = scorer.score(backwards);
      assertThat(small.score(sequences)).containsExactly(together, ROUNDING);
      for (int i = 0; i < together.length; i++) {
        assertThat(scorer.score(List.of(sequences.get(i)))[0]).isCloseTo(together[i], ROUNDING);
        assertThat(reversed[together.length - 1 - i]).isCloseTo(together[i], ROUNDING);
      }
      // The scores differ among each other by far more than that.
      assertThat(RewardEvaluation.of(List.of(new PairScores(together[0], together[1]),
          new PairScores(together[2], together[3]))).scoreStd()).isGreaterThan(0.01);
      assertThat(scorer.score(List.of())).isEmpty();
    }
  }

  /** Where padding and EOS are one token, looking for the last token that is no padding finds the one before. */
  @Test
  void theLastTokenIsScoredEvenIfItIsEos() {
    save(new ScoredToken.EndOfSequence(2));
    List<TokenSequence> endings = Stream.of(new int[] {10, 11, 12, 2}, new int[] {10, 11, 12, 3},
        new int[] {10, 11, 12, 2, 2}, new int[] {10, 11, 12}).map(tokens -> new TokenSequence(tokens, 1)).toList();
    try (RewardModelScorer scorer = RewardModelScorer.load(directory, 1000, false);
        ScalarModel model = ScalarModel.load(directory); MemoryScope memory = MemoryScope.open()) {
      float[] scores = scorer.score(endings);
      for (int i = 0; i < scores.length; i++) {
        int[] tokens = endings.get(i).tokens();
        Tensor last = Tensor.of(new long[] {tokens.length - 1}, 1);
        assertThat(scores[i])
            .isCloseTo((float) model.scores(model.hidden(PackedBatch.of(List.of(tokens))), last).item(), ROUNDING);
      }
      assertThat(Math.abs(scores[0] - scores[3])).as("with and without EOS").isGreaterThan(1e-3f);
    }
  }

  @Test
  void sharedPromptsAndRepeatedAnswersScoreTheSame() {
    save(new ScoredToken.RewardToken(9));
    List<TokenSequence> sequences = new ArrayList<>();
    for (TokenSequence first : sequences(6)) {
      int[] prompt = Arrays.copyOf(first.tokens(), first.promptLength());
      for (TokenSequence other : sequences(5)) {
        sequences.add(TokenSequence.of(prompt,
            Arrays.copyOfRange(other.tokens(), other.promptLength(), other.length())));
      }
      sequences.add(sequences.getLast());
    }
    Collections.shuffle(sequences, new Random(4));
    try (RewardModelScorer alone = RewardModelScorer.load(directory, 100_000, false);
        RewardModelScorer sharing = RewardModelScorer.loadSharing(directory, 100_000, false);
        RewardModelScorer small = RewardModelScorer.loadSharing(directory, 50, false)) {
      float[] expected = alone.score(sequences);
      assertThat(sharing.score(sequences)).containsExactly(expected, ROUNDING);
      assertThat(small.score(sequences)).containsExactly(expected, ROUNDING);
      assertThat(sharing.score(List.of())).isEmpty();
    }
  }

  @Test
  void int8ScoresAreNearAndDoNotDependOnTheBatch() {
    save(new ScoredToken.RewardToken(9));
    List<TokenSequence> sequences = sequences(40);
    try (RewardModelScorer exact = RewardModelScorer.load(directory, 100_000, false);
        RewardModelScorer rounded = RewardModelScorer.load(directory, 100_000, false, InferencePrecision.INT8)) {
      float[] expected = exact.score(sequences);
      float[] scores = rounded.score(sequences);
      double spread = RewardEvaluation.of(List.of(new PairScores(expected[0], expected[1]),
          new PairScores(expected[2], expected[3]))).scoreStd();
      assertThat(scores).isNotEqualTo(expected).containsExactly(expected, Offset.offset((float) (0.3 * spread)));
      for (int i = 0; i < scores.length; i++) {
        assertThat(rounded.score(List.of(sequences.get(i)))[0]).isCloseTo(scores[i], ROUNDING);
      }
    }
  }

  @Test
  void int8IsAllowedWhereItOrdersPairsAlike() {
    PairAgreement alike = PairAgreement.of(new float[] {1, 0, 0, 1, 2, 2}, new float[] {1.5f, 0, 0, 0.5f, 3, 3});
    assertThat(alike).isEqualTo(new PairAgreement(3, 3, 2.5 / 6 + 0.5 / 6));
    assertThat(alike.allowsInt8()).isTrue();
    assertThat(PairAgreement.of(new float[] {1, 0, 2, 0}, new float[] {0, 1, 2, 0}).agreeing()).isEqualTo(1);
    assertThat(PairAgreement.of(new float[] {1, 0}, new float[] {1, 1}).allowsInt8()).isFalse();
    assertThat(new PairAgreement(100, 99, 0).allowsInt8()).isTrue();
    assertThat(new PairAgreement(100, 98, 0).allowsInt8()).isFalse();
    assertThat(new PairAgreement(200, 197, 0.25).toText())
        .isEqualTo("INT8 and fp32 scores order 197 of 200 test pairs the same way (98.5 %), mean difference 0.2500");
  }

  @Test
  void appendsTheRewardTokenOnce() {
    save(new ScoredToken.RewardToken(9));
    TokenSequence bare = new TokenSequence(new int[] {10, 11, 12}, 1);
    TokenSequence ended = new TokenSequence(new int[] {10, 11, 12, 9}, 1);
    TokenSequence other = new TokenSequence(new int[] {10, 11, 12, 8}, 1);
    try (RewardModelScorer scorer = RewardModelScorer.load(directory, 1000, false)) {
      float[] scores = scorer.score(List.of(bare, ended, other));
      assertThat(scores[1]).isCloseTo(scores[0], ROUNDING);
      assertThat(Math.abs(scores[2] - scores[0])).isGreaterThan(1e-3f);
    }
  }

  @Test
  void normalisesWithTheMeasuredMeanAndDeviation() {
    save(new ScoredToken.EndOfSequence(2));
    List<TokenSequence> sequences = sequences(3);
    try (RewardModelScorer plain = RewardModelScorer.load(directory, 1000, false);
        RewardModelScorer normal = RewardModelScorer.load(directory, 1000, true)) {
      float[] raw = plain.score(sequences);
      float[] normalised = normal.score(sequences);
      for (int i = 0; i < raw.length; i++) {
        assertThat(normalised[i]).isCloseTo((raw[i] - 0.5f) / 2, ROUNDING);
      }
    }
  }

  @Test
  void adaptersAloneKeepWhatTheModelsConfigurationWouldSay() throws IOException {
    save(new ScoredToken.EndOfSequence(2));
    Path whole = Files.createDirectories(directory.resolve("whole"));
    Path alone = Files.createDirectories(directory.resolve("alone"));
    RewardEvaluation again = new RewardEvaluation(10, 7, 0, 1, 0, 1.5, 4.0, new ScoreRange(-4, -2, 0.5, 3, 5),
        new ScoreHistogram(-4, 5, List.of(), List.of()));
    try (Tokenizer tokenizer = Tokenizer.load(directory.resolve("bpe"));
        ScalarModel model = ScalarModel.load(directory)) {
      model.addAdapters(new LoraConfig(2, 4, 0, List.of(LoraConfig.ALL_LINEAR), false), 3);
      model.trainedWeights().values().forEach(weight -> Kernels.run("normal_", weight, 0.3, 7L));
      RewardCheckpoint.save(model, tokenizer, new ScoredToken.RewardToken(9), again, whole);
      model.backbone().saveFormat(new SaveFormat(1_000_000, LoraOutput.ADAPTER));
      RewardCheckpoint.save(model, tokenizer, new ScoredToken.RewardToken(9), again, alone);
    }
    assertThat(alone.resolve("config.json")).doesNotExist();
    try (RewardModelScorer expected = RewardModelScorer.load(whole, 1000, true);
        RewardModelScorer scorer = RewardModelScorer.load(alone, 1000, true);
        RewardModelScorer before = RewardModelScorer.load(directory, 1000, true)) {
      List<TokenSequence> sequences = sequences(3);
      assertThat(scorer.score(sequences)).containsExactly(expected.score(sequences), ROUNDING);
      assertThat(before.score(sequences)[0]).isNotCloseTo(scorer.score(sequences)[0], ROUNDING);
    }
  }

  @Test
  void refusesToNormaliseWithoutMeasurement() {
    try (ScalarModel model = TinyPairs.model(4)) {
      model.save(directory);
    }
    assertThatThrownBy(() -> RewardModelScorer.load(directory, 1000, true)).isInstanceOf(InputException.class)
        .hasMessageContaining("config.json: has no usable mean");
    RewardModelScorer.load(directory, 1000, false).close();
  }

  @Test
  void refusesAModelWithoutScoreHead() {
    try (CausalModel model = CausalModel.random(new LlamaConfig(20, 16, 32, 1, 2, 1, 8, 1e-5, 1e4, 32, true), 0.1, 1)) {
      model.save(directory);
    }
    assertThatThrownBy(() -> RewardModelScorer.load(directory, 1000, false)).isInstanceOf(InputException.class)
        .hasMessageContaining("it is not a reward model");
  }

  private void save(ScoredToken scored) {
    ByteLevelBpeTrainer.train(Stream.of("some text to learn from"), BpeRecipe.chat(262), directory.resolve("bpe"));
    try (Tokenizer tokenizer = Tokenizer.load(directory.resolve("bpe")); ScalarModel model = TinyPairs.model(4)) {
      RewardCheckpoint.save(model, tokenizer, scored, MEASURED, directory);
    }
  }

  private static List<TokenSequence> sequences(int count) {
    Random random = new Random(5);
    return TinyPairs.random(count, 6).stream()
        .map(pair -> random.nextBoolean() ? pair.chosen() : pair.rejected()).toList();
  }
}
