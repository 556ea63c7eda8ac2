package io.rlhf4j.model;

import static io.rlhf4j.model.GoldenTensors.assertClose;
import static io.rlhf4j.model.GoldenTensors.largest;
import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Golden files made by {@code src/benchmarks/golden/families.py}, which can also read back what is saved here. */
class FamilyParityTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/families");
  private static final double LOGITS = 1e-5;
  private static final double GRADIENTS = 1e-4;

  static Stream<String> causal() throws IOException {
    return names().filter(name -> !name.endsWith("-reward"));
  }

  static Stream<String> rewards() throws IOException {
    return names().filter(name -> name.endsWith("-reward"));
  }

  static Stream<String> names() throws IOException {
    try (Stream<Path> directories = Files.list(GOLDEN)) {
      List<String> names = directories.map(path -> path.getFileName().toString()).sorted().toList();
      assertThat(names).hasSize(24);
      return names.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("causal")
  void logitsAndGradientsEqualTheReference(String name) {
    try (CausalModel model = CausalModel.load(GOLDEN.resolve(name)); SafetensorsReader golden = golden(name);
        MemoryScope scope = MemoryScope.open()) {
      List<int[]> sequences = GoldenTensors.sequences(golden, 4);
      assertClose(logits(model, sequences), GoldenTensors.packed(golden, "logits."), LOGITS, "logits");
      for (int i = 0; i < sequences.size(); i++) {
        assertClose(logits(model, List.of(sequences.get(i))), golden.read("logits." + i).toFloats(), LOGITS, "alone");
      }
      model.trainable(true);
      try (GradientScope gradients = GradientScope.open()) {
        List<TokenSequence> actions = sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
        PackedBatch batch = PackedBatch.of(sequences);
        TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, actions), 1.0);
        Kernels.tensor("scale", Kernels.tensor("sum_all", result.logProbs()), -1.0).backward();
      }
      assertGradients(model, golden);
    }
  }

  @ParameterizedTest
  @MethodSource("rewards")
  void scoresAndGradientsEqualTheReference(String name) {
    try (ScalarModel model = ScalarModel.load(GOLDEN.resolve(name)); SafetensorsReader golden = golden(name);
        MemoryScope scope = MemoryScope.open()) {
      List<int[]> sequences = GoldenTensors.sequences(golden, 4);
      PackedBatch batch = PackedBatch.of(sequences);
      Tensor rows = Tensor.of(batch.lastRows(), sequences.size());
      float[] expected = GoldenTensors.packed(golden, "score.");
      assertClose(model.scores(batch, rows).toFloats(), expected, LOGITS, "only what is read");
      model.trainable(true);
      try (GradientScope gradients = GradientScope.open()) {
        Tensor scores = scores(model, sequences);
        assertClose(scores.toFloats(), expected, LOGITS, "scores");
        Kernels.tensor("sum_all", scores).backward();
      }
      assertGradients(model, golden);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void whatIsSavedReadsBackEqual(String name, @TempDir Path temporary) throws IOException {
    Path saved = savedFilesFor(name, temporary);
    try (LanguageModel model = load(GOLDEN.resolve(name)); MemoryScope scope = MemoryScope.open();
        SafetensorsReader original = SafetensorsReader.open(GOLDEN.resolve(name).resolve("model.safetensors"))) {
      model.save(saved);
      try (LanguageModel again = load(saved); SafetensorsReader written =
          SafetensorsReader.open(saved.resolve("model.safetensors"))) {
        assertThat(written.names()).containsExactlyInAnyOrderElementsOf(original.names());
        for (String tensor : original.names()) {
          assertThat(written.shape(tensor)).as(tensor).isEqualTo(original.shape(tensor));
          assertThat(written.read(tensor).toFloats()).as(tensor).isEqualTo(original.read(tensor).toFloats());
        }
        assertThat(again.description().shape()).isEqualTo(model.description().shape());
        assertThat(again.architecture()).isEqualTo(model.architecture());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("causal")
  void greedyGenerationFollowsTheArgmaxOfThePackedForward(String name) {
    try (CausalModel model = CausalModel.load(GOLDEN.resolve(name))) {
      List<PromptRequest> prompts = List.of(new PromptRequest(1, new int[] {5, 9, 14}),
          new PromptRequest(2, new int[] {7, 30, 8, 12, 3, 3, 21, 39, 11, 4, 6}), new PromptRequest(3, new int[] {22}));
      List<Rollout> rollouts = new ArrayList<>();
      new RolloutGenerator(2).generate(model, 0, 0, prompts, new SamplingOptions(0, 1, 0, 0, 20, 1, 17),
          TurnEnd.ofTokens(),
          rollouts::add);
      assertThat(rollouts).hasSize(3);
      for (Rollout rollout : rollouts) {
        assertThat(rollout.response()).hasSize(20);
        assertGreedy(model, rollout);
      }
    }
  }

  private static void assertGreedy(CausalModel model, Rollout rollout) {
    int vocabulary = model.backbone().config().vocabSize();
    int[] tokens = rollout.sequence().tokens();
    for (int t = rollout.prompt().length; t < tokens.length; t++) {
      try (MemoryScope scope = MemoryScope.open()) {
        float[] logits = logits(model, List.of(Arrays.copyOf(tokens, t)));
        float[] last = Arrays.copyOfRange(logits, logits.length - vocabulary, logits.length);
        int best = 0;
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
          best = last[i] > last[best] ? i : best;
          sum += Math.exp(last[i]);
        }
        assertThat(tokens[t]).isEqualTo(best);
        assertThat(rollout.behaviourLogProbs()[t - rollout.prompt().length])
            .isCloseTo((float) (last[best] - Math.log(sum)), Offset.offset(2e-5f));
      }
    }
  }

  private static float[] logits(CausalModel model, List<int[]> sequences) {
    return model.logits(model.hidden(PackedBatch.of(sequences))).toFloats();
  }

  private static Tensor scores(ScalarModel model, List<int[]> sequences) {
    PackedBatch batch = PackedBatch.of(sequences);
    return model.scores(model.hidden(batch), Tensor.of(batch.lastRows(), sequences.size()));
  }

  private static void assertGradients(LanguageModel model, SafetensorsReader golden) {
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    model.weights().forEach((name, weight) -> gradients.put(name, weight.gradient()));
    Map<String, Tensor> stored = ModelWriter.inFamilyLayout(model, gradients);
    assertThat(stored.keySet()).containsExactlyInAnyOrderElementsOf(golden.names().stream()
        .filter(name -> name.startsWith("grad.")).map(name -> name.substring("grad.".length())).toList());
    // A key bias has no effect on softmax, so its gradient is but rounding: errors count against what is common.
    double common = stored.keySet().stream().mapToDouble(name -> largest(golden.read("grad." + name).toFloats()))
        .max().orElseThrow() * 1e-3;
    stored.forEach((name, gradient) -> {
      float[] theirs = golden.read("grad." + name).toFloats();
      assertClose(gradient.toFloats(), theirs, GRADIENTS * Math.max(1, common / largest(theirs)), name);
    });
  }

  private static LanguageModel load(Path directory) {
    return directory.getFileName().toString().endsWith("-reward") ? ScalarModel.load(directory)
        : CausalModel.load(directory);
  }

  /** Where to save: a temporary directory, or one that was asked for so that Python can read it. */
  private static Path savedFilesFor(String name, Path temporary) throws IOException {
    String asked = System.getProperty("rlhf4j.families.saved");
    return Files.createDirectories((asked == null ? temporary : Path.of(asked)).resolve(name));
  }

  private static SafetensorsReader golden(String name) {
    return SafetensorsReader.open(GOLDEN.resolve(name).resolve("golden.safetensors"));
  }
}
