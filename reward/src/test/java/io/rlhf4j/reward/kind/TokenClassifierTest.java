package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.model.BinaryClassifier;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.process.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Process reward models with two labels, as {@code src/benchmarks/golden/token_classifier.py} wrote one. */
class TokenClassifierTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path GOLDEN = Path.of("src/test/resources/golden/token-classifier");
  private static final Offset<Double> CLOSE = Offset.offset(1e-5);

  @TempDir
  private Path directory;

  @Test
  void probabilitiesOfTheRightLabelAreThoseOfTransformers() throws IOException {
    JsonNode expected = JSON.readTree(GOLDEN.resolve("expected.json").toFile());
    List<Steps> answers = new ArrayList<>();
    for (JsonNode ids : expected.get("sequences")) {
      int[] tokens = JSON.convertValue(ids, int[].class);
      answers.add(new Steps(tokens, 1, IntStream.range(0, tokens.length).toArray(), false));
    }
    var spec = new ModelRewardSpec.Process(1, GOLDEN, "\n", null, "+", "-", ModelRewardSpec.StepAggregate.MIN, 1000);
    // The tokenizer is asked only for the words of language models.
    try (StepScorer scorer = StepScorer.of(StepScorer.load(GOLDEN), spec, null)) {
      List<double[]> right = scorer.score(answers);
      for (int s = 0; s < answers.size(); s++) {
        assertThat(right.get(s)).containsExactly(JSON.convertValue(expected.at("/right/" + s), double[].class), CLOSE);
      }
    }
  }

  @Test
  void otherNumbersOfLabelsAreRefused() throws IOException {
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(GOLDEN.resolve(file), directory.resolve(file));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(directory.resolve("config.json").toFile());
    config.putObject("id2label").put("0", "A").put("1", "B").put("2", "C");
    Files.writeString(directory.resolve("config.json"), config.toString());
    assertThatThrownBy(() -> BinaryClassifier.load(directory)).isInstanceOf(InputException.class)
        .hasMessageEndingWith("config.json: id2label has 3 labels, must be 2");
    assertThatThrownBy(() -> ScalarModel.load(GOLDEN)).isInstanceOf(InputException.class)
        .hasMessageContaining("score.weight");
  }
}
