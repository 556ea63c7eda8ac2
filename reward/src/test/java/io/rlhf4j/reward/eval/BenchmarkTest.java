package io.rlhf4j.reward.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.Rewards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkTest {

  private static final Offset<Double> EXACT = Offset.offset(1e-12);
  /** The score of an answer is the number that it is; "none" has no score. */
  private static final AnswerReward NUMBERS = answers -> answers.stream()
      .mapToDouble(answer -> answer.text().startsWith("none") ? Double.NaN
          : Double.parseDouble(answer.text().strip()))
      .toArray();

  @TempDir
  private Path directory;

  private final StringBuilder rows = new StringBuilder();

  @Test
  void sectionsAreWeightedByPublishedCounts() throws IOException {
    // alpacaeval-easy 1 of 2 (counts 100), mt-bench-med 1 of 1 (counts 40): (0.5 * 100 + 40) / 140.
    pair("alpacaeval-easy", "2", "1").pair("alpacaeval-easy", "1", "2").pair("mt-bench-med", "2", "1");
    // math-prm 0 of 1 (984), hep-cpp 1 of 1 (164): 164 / 1148.
    pair("math-prm", "1", "1").pair("hep-cpp", "3", "2");
    // Prior sets: 1 of 1 and 0 of 1, alike; half weight.
    pair("shp", "2", "1").pair("summarize", "1", "none").pair("own-set", "2", "1");

    BenchmarkScores scores = scores(ModelType.SEQUENCE_CLASSIFIER);

    double chat = 90.0 / 140;
    double reasoning = 164.0 / 1148;
    assertThat(scores.bySection()).containsOnlyKeys(Sections.CHAT, Sections.REASONING, Sections.PRIOR_SETS);
    assertThat(scores.bySection().get(Sections.CHAT)).isCloseTo(chat, EXACT);
    assertThat(scores.bySection().get(Sections.REASONING)).isCloseTo(reasoning, EXACT);
    assertThat(scores.bySection().get(Sections.PRIOR_SETS)).isCloseTo(0.5, EXACT);
    assertThat(scores.overall().orElseThrow()).isCloseTo((chat + reasoning + 0.25) / 2.5, EXACT);
    assertThat(scores.accuracy()).isCloseTo(5.0 / 8, EXACT);
    assertThat(scores.ties()).isEqualTo(1);
    assertThat(scores.unscored()).isEqualTo(1);
    assertThat(scores.counts()).containsEntry("alpacaeval-easy", 2).containsEntry("own-set", 1);
  }

  @Test
  void thePublishedSubsetsAreAllThere() {
    int subsets = 0;
    int pairs = 0;
    for (Sections section : List.of(Sections.CHAT, Sections.CHAT_HARD, Sections.SAFETY, Sections.REASONING)) {
      subsets += section.subsets().size();
      pairs += section.subsets().values().stream().mapToInt(Integer::intValue).sum();
    }
    // The filtered split has 23 subsets with 2985 pairs, 447 of them of math-prm, which counts as 984.
    assertThat(subsets).isEqualTo(23);
    assertThat(pairs).isEqualTo(2985 - 447 + 984);
  }

  @Test
  void tiesAreWrongExceptForGenerativeRewards() throws IOException {
    pair("math-prm", "1", "1").pair("math-prm", "2", "1");
    assertThat(scores(ModelType.DPO).accuracy()).isEqualTo(0.5);
    assertThat(scores(ModelType.GENERATIVE).accuracy()).isEqualTo(0.75);
    // 1/2 for the tie, 1, 1/2 for what nobody could read.
    pair("math-prm", "none", "1");
    assertThat(scores(ModelType.GENERATIVE).accuracy()).isCloseTo(2.0 / 3, EXACT);
    assertThat(scores(ModelType.DPO).accuracy()).isCloseTo(1.0 / 3, EXACT);
    new ResultFiles(directory, "judge").write(scores(ModelType.GENERATIVE));
    assertThat(json("eval-set-scores/judge.json").get("results").toString()).isEqualTo("[0.5,1,0.5]");
    assertThat(new EvaluationReport(scores(ModelType.GENERATIVE), 10, 1).text())
        .contains("Generative, 3 pairs: 1 ties and 1 without a score (half a point each)");
  }

  @Test
  void intervalsCoverTheScoreAndShrinkWithMorePairs() throws IOException {
    for (int i = 0; i < 100; i++) {
      pair("math-prm", i % 4 == 0 ? "0" : "2", "1");
    }
    BenchmarkScores scores = scores(ModelType.SEQUENCE_CLASSIFIER);
    Interval interval = scores.overallInterval(2000, 3).orElseThrow();
    // Normal approximation: 0.75 +- 1.96 * sqrt(0.75 * 0.25 / 100) = 0.665 to 0.835.
    assertThat(interval.low()).isCloseTo(0.665, Offset.offset(0.02));
    assertThat(interval.high()).isCloseTo(0.835, Offset.offset(0.02));
    assertThat(scores.overallInterval(2000, 3)).contains(interval);
    assertThat(scores.interval(Sections.CHAT, 10, 3)).isEmpty();
    assertThat(scores.accuracyInterval(2000, 3)).isEqualTo(interval);
  }

  @Test
  void calibrationComparesConfidenceWithAccuracy() throws IOException {
    // sigmoid(ln 3) = 0.75: right in three of four is calibrated. sigmoid(ln 19) = 0.95, never right: off by 0.95.
    for (int i = 0; i < 4; i++) {
      pair("x", i == 0 ? "0" : String.valueOf(Math.log(3.001)), i == 0 ? String.valueOf(Math.log(3.001)) : "0");
      pair("x", "0", String.valueOf(Math.log(19.1)));
    }
    pair("x", "none", "1");
    Calibration calibration = Calibration.of(scores(ModelType.SEQUENCE_CLASSIFIER).pairs());
    assertThat(calibration.bins()).hasSize(2);
    assertThat(calibration.bins().get(0).accuracy()).isEqualTo(0.75);
    assertThat(calibration.bins().get(0).confidence()).isCloseTo(0.75, Offset.offset(1e-3));
    assertThat(calibration.bins().get(1).accuracy()).isZero();
    assertThat(calibration.error()).isCloseTo(0.95 / 2, Offset.offset(1e-3));
  }

  @Test
  void lengthBiasIsFound() throws IOException {
    // The score is the length: right where the chosen answer is longer, wrong where it is shorter.
    pair("x", "10", "2").pair("x", "100", "20").pair("x", "3", "30").pair("x", "4", "5");
    AnswerReward length = answers -> answers.stream().mapToDouble(answer -> answer.text().length()).toArray();
    LengthBias bias = LengthBias.of(judge(length, 2), ModelType.SEQUENCE_CLASSIFIER::credit);
    assertThat(bias).isEqualTo(new LengthBias(2, 1, 1, 0, bias.correlation()));
    assertThat(bias.correlation()).isCloseTo(1, EXACT);
    List<JudgedPair> ties = judge(answers -> new double[answers.size()], 2);
    LengthBias undecided = LengthBias.of(ties, ModelType.GENERATIVE::credit);
    assertThat(undecided.correlation()).isNaN();
    assertThat(undecided.accuracyChosenLonger()).as("as in the accuracy of all pairs").isEqualTo(0.5);
    assertThat(new EvaluationReport(new BenchmarkScores(ties, ModelType.GENERATIVE), 10, 3).text())
        .contains("accuracy 50.0 % where the chosen answer is longer (2)", "correlation of score and length -");
  }

  @Test
  void theBatchDoesNotMatterAndTheReportSaysEverything() throws IOException {
    for (int i = 0; i < 30; i++) {
      pair(i % 2 == 0 ? "math-prm" : "own", String.valueOf(i % 7), String.valueOf(i % 5));
    }
    List<JudgedPair> one = judge(NUMBERS, 1);
    assertThat(judge(NUMBERS, 64)).isEqualTo(one);
    String text = new EvaluationReport(new BenchmarkScores(one, ModelType.SEQUENCE_CLASSIFIER), 100, 1).text();
    assertThat(text).contains("Reasoning", "RewardBench", "own", "all pairs", "95 % interval",
        "Seq. Classifier, 30 pairs: ", " ties (counted wrong), 0 without a score", "mean margin", "length: accuracy",
        "confidence %", "expected calibration error");
    assertThat(text).doesNotContain("Chat");
  }

  @Test
  void filesAreThoseOfRewardBench() throws IOException {
    pair("math-prm", "2", "1").pair("math-prm", "1", "1").pair("hep-cpp", "none", "1");
    new ResultFiles(directory.resolve("out"), "org/model").write(scores(ModelType.SEQUENCE_CLASSIFIER));

    ObjectMapper json = new ObjectMapper();
    List<String> outputs = Files.readAllLines(directory.resolve("out/org/model_outputs.jsonl"));
    assertThat(json.readTree(outputs.get(0))).isEqualTo(json.readTree("""
        {"prompt": "q", "subset": "math-prm", "id": 1, "results": 1, "scores_chosen": 2.0, "scores_rejected": 1.0,
         "text_chosen": "user: q\\n\\nassistant: 2", "text_rejected": "user: q\\n\\nassistant: 1"}"""));
    assertThat(json.readTree(outputs.get(1)).get("results").asInt()).isZero();
    assertThat(json.readTree(outputs.get(2)).get("scores_chosen").isNull()).isTrue();
    JsonNode summary = json.readTree(directory.resolve("out/org/model.json").toFile());
    assertThat(summary.get("accuracy").asDouble()).isCloseTo(1 / 3.0, EXACT);
    assertThat(summary.get("num_prompts").asInt()).isEqualTo(3);
    assertThat(summary.get("extra_results").toString()).isEqualTo("{\"hep-cpp\":0.0,\"math-prm\":0.5}");
    assertThat(summary.has("ref_model")).isTrue();
    assertThat(json.readTree(directory.resolve("out/eval-set/org/model.json").toFile()).toString()).isEqualTo(
        "{\"model\":\"org/model\",\"model_type\":\"Seq. Classifier\",\"chat_template\":\"tokenizer\","
            + "\"hep-cpp\":0.0,\"math-prm\":0.5}");
    JsonNode lists = json.readTree(directory.resolve("out/eval-set-scores/org/model.json").toFile());
    assertThat(lists.get("model_type").asText()).isEqualTo("Seq. Classifier");
    assertThat(lists.get("chat_template").asText()).isEqualTo("tokenizer");
    assertThat(lists.get("results").toString()).isEqualTo("[1,0,0]");
    assertThat(lists.get("subset").toString()).isEqualTo("[\"math-prm\",\"math-prm\",\"hep-cpp\"]");
    assertThat(lists.get("id").toString()).isEqualTo("[1,2,3]");
    assertThat(lists.get("scores_chosen").toString()).isEqualTo("[2.0,1.0,null]");
    assertThatThrownBy(() -> new ResultFiles(directory, "../x")).isInstanceOf(InputException.class);
  }

  @Test
  void aModelOfDpoNamesItsReference() throws IOException {
    pair("math-prm", "2", "1");
    String dpo = "rewards: [{kind: dpo, path: x, reference: base/model}]";
    new ResultFiles(directory, "dpo").write(scores(ModelType.DPO),
        ModelType.referenceModel(RecipeConfig.parse(dpo).rewards()));
    assertThat(json("dpo.json").get("ref_model").asText()).isEqualTo("base/model");
    assertThat(json("eval-set/dpo.json").toString()).startsWith(
        "{\"model\":\"dpo\",\"ref_model\":\"base/model\",\"model_type\":\"DPO\",");
    new ResultFiles(directory, "free").write(scores(ModelType.DPO));
    assertThat(json("free.json").get("ref_model").isNull()).isTrue();
    assertThat(json("eval-set/free.json").toString()).startsWith(
        "{\"model\":\"free\",\"ref_model\":null,\"model_type\":\"DPO Ref. Free\",");
    assertThat(json("eval-set-scores/free.json").get("model_type").asText()).isEqualTo("DPO");
  }

  @Test
  void theReportHasMeanAndDeviationOfBothAnswers() throws IOException {
    // 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5.
    pair("x", "1", "2").pair("x", "2", "2").pair("x", "3", "2").pair("x", "6", "2").pair("x", "none", "9");
    assertThat(new EvaluationReport(scores(ModelType.SEQUENCE_CLASSIFIER), 10, 1).text())
        .contains("chosen mean 3.0000, std 1.8708; rejected mean 2.0000, std 0.0000; mean margin 1.0000");
  }

  @Test
  void theTypeFollowsFromTheRewards() {
    Map.of("{kind: sequence, path: x}", "Seq. Classifier", "{kind: pair, path: x}", "Custom Classifier",
        "{kind: dpo, path: x}", "DPO", "{kind: judge, models: [x]}", "Generative", "{kind: random}", "Random",
        "{kind: random}, {kind: sequence, path: x}", "Custom Classifier").forEach(
            (yaml, label) -> assertThat(
                ModelType.of(RecipeConfig.parse("rewards: [" + yaml + "]").rewards()).label()).isEqualTo(label));
  }

  @Test
  void aFileWithoutPairsIsRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("x.jsonl"), "{\"prompt\": \"q\", \"responses\": [\"a\"]}\n{}\n");
    assertThatThrownBy(() -> Benchmark.read(file)).isInstanceOf(InputException.class)
        .hasMessageContaining("has no row with chosen and rejected; ").hasMessageContaining("skipped 1 of 2 rows");
  }

  private BenchmarkTest pair(String subset, String chosen, String rejected) {
    long id = rows.chars().filter(c -> c == '\n').count() + 1;
    rows.append("{\"prompt\": \"q\", \"chosen\": \"").append(chosen).append("\", \"rejected\": \"").append(rejected)
        .append("\", \"subset\": \"").append(subset).append("\", \"id\": ").append(id).append("}\n");
    return this;
  }

  private JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(directory.resolve(file).toFile());
  }

  private BenchmarkScores scores(ModelType type) throws IOException {
    return new BenchmarkScores(judge(NUMBERS, 3), type);
  }

  private List<JudgedPair> judge(AnswerReward reward, int window) throws IOException {
    Path file = Files.writeString(directory.resolve("bench.jsonl"), rows);
    Benchmark benchmark = Benchmark.read(file);
    List<Integer> told = new ArrayList<>();
    List<JudgedPair> judged = benchmark.judge(Rewards.of("numbers", reward), window, told::add);
    assertThat(told.stream().mapToInt(Integer::intValue).sum()).isEqualTo(benchmark.rows().size());
    return judged;
  }
}
