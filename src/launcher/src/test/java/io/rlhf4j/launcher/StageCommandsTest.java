package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code rlhf sft}, {@code generate}, {@code select} and {@code average} over plain files. */
class StageCommandsTest extends TinyPolicyFixture {

  private static final List<String> LIMITS = List.of("-o", "threads=1", "-o", "data.max_length=192", "-o",
      "data.max_prompt_length=96", "-o", "ppo.max_new_tokens=6");

  @Test
  void sftMixesFilesAndMeasuresOnOthers() throws IOException {
    Path out = directory.resolve("sft");
    TinyRun.Result result = run("sft", "--model", model, "--data", tiny.data(TaskFile.SFT) + ":0.5",
        tiny.data(TaskFile.SFT) + ":1.25", "--test", tiny.data(TaskFile.SFT), "--out", out, "-o", "sft.batch_size=16",
        "-o", "sft.learning_rate=3.0e-3");

    assertThat(result.code()).as(result.err()).isZero();
    // 32 of the first, 64 + 16 of the second.
    assertThat(result.out()).contains("sft: 112 rows", "test loss");
    List<String> metrics = Files.readAllLines(out.resolve("metrics.jsonl"));
    JsonNode before = new ObjectMapper().readTree(metrics.get(metrics.size() - 2));
    JsonNode after = new ObjectMapper().readTree(metrics.getLast());
    assertThat(after.get("loss").asDouble()).isLessThan(before.get("loss").asDouble() - 0.2);
    CausalModel.load(out).close();
  }

  @Test
  void microBatchesThatAreFoundToFitGiveTheSameModel() throws IOException {
    Path out = directory.resolve("fixed");
    Path found = directory.resolve("found");
    List<Object> arguments = List.of("sft", "--model", model, "--data", tiny.data(TaskFile.SFT), "-o",
        "sft.batch_size=16", "-o", "sft.optim=adamw_8bit");
    assertThat(run(Stream.concat(arguments.stream(), Stream.of("--out", out)).toArray()).code()).isZero();
    TinyRun.Result result = run(Stream.concat(arguments.stream(),
        Stream.of("--out", found, "-o", "sft.auto_find_batch_size=true")).toArray());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("auto_find_batch_size: 16384 tokens in a pass fit");
    assertThat(Files.mismatch(out.resolve("model.safetensors"), found.resolve("model.safetensors"))).isEqualTo(-1);
  }

  @Test
  void shardsAndInterruptionsDoNotChangeAByte() throws IOException {
    Path prompts = directory.resolve("prompts.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      lines.add("{\"prompt\":\"my lamp number " + i + " is broken\"}");
    }
    Files.write(prompts, lines);
    Path whole = directory.resolve("whole.jsonl");
    TinyRun.Result result = generate(prompts, whole);
    assertThat(result.code()).as(result.err()).isZero();
    List<String> rows = Files.readAllLines(whole);
    assertThat(rows).hasSize(70);
    assertThat(new ObjectMapper().readTree(rows.get(40)).get("responses")).hasSize(3);

    // Windows 1 and 3 of 32 prompts, then window 2.
    Path first = directory.resolve("first.jsonl");
    Path second = directory.resolve("second.jsonl");
    assertThat(generate(prompts, first, "--shard", "1/2").code()).isZero();
    assertThat(generate(prompts, second, "--shard", "2/2").code()).isZero();
    assertThat(Files.readAllLines(second)).isEqualTo(rows.subList(32, 64));
    assertThat(Files.readAllLines(first).subList(0, 32)).isEqualTo(rows.subList(0, 32));
    assertThat(Files.readAllLines(first).subList(32, 38)).isEqualTo(rows.subList(64, 70));
  }

  @Test
  void anInterruptedFileGoesOnBehindItsLastWindow() throws IOException {
    Path whole = directory.resolve("whole.jsonl");
    Path prompts = tiny.data(TaskFile.PREFERENCE_TRAIN);
    assertThat(generate(prompts, whole).code()).isZero();
    List<String> rows = Files.readAllLines(whole);
    assertThat(rows).hasSizeGreaterThan(33);

    // As a kill leaves it: one window and a torn row, nothing in its place.
    Path again = directory.resolve("again.jsonl");
    String marked = rows.getFirst().replace("\"responses\":[\"", "\"responses\":[\"kept ");
    Files.writeString(directory.resolve(".again.jsonl.part"),
        marked + "\n" + String.join("\n", rows.subList(1, 33)).concat("\n{\"id\":3"));
    Files.writeString(directory.resolve(".again.jsonl.job"), jobOf(whole));
    assertThat(generate(prompts, again).code()).isZero();
    List<String> continued = Files.readAllLines(again);
    assertThat(continued.getFirst()).isEqualTo(marked);
    assertThat(continued.subList(1, rows.size())).isEqualTo(rows.subList(1, rows.size()));

    assertThat(generate(prompts, again).out()).contains("is complete already");
    TinyRun.Result refused = generate(prompts, again, "-o", "ppo.temperature=0.5");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("was made with another sampling");
  }

  @Test
  void selectWritesPairsAndSaysWhatItDropped() throws IOException {
    Path scored = Files.writeString(directory.resolve("scored.jsonl"), """
        {"prompt":[{"role":"user","content":"hi"}],"responses":["good one","bad one","so so"],"rewards":[2.0,-1.0,0.5]}
        {"prompt":"again","responses":["x y","z"],"rewards":[1.0,1.0]}
        {"input":"third","output":"yes please","reward":0.5}
        {"input":"third","output":"no thanks","reward":0.75}
        """);
    Path out = directory.resolve("pairs.jsonl");
    TinyRun.Result result = TinyRun.execute(List.of("reward", "select", "--data", scored.toString(), "--strategy",
        "pairs", "--out", out.toString()));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("tied", "rows kept");
    List<String> rows = Files.readAllLines(out);
    assertThat(rows).hasSize(2);
    JsonNode pair = new ObjectMapper().readTree(rows.getLast());
    assertThat(pair.get("chosen").asText()).isEqualTo("no thanks");
    assertThat(pair.get("rejected_reward").asDouble()).isEqualTo(0.5);
    assertThat(new ObjectMapper().readTree(directory.resolve("pairs.jsonl.report.json").toFile()).get("dropped")
        .get("tied").asInt()).isEqualTo(1);

    Path nothing = directory.resolve("nothing.jsonl");
    TinyRun.Result empty = TinyRun.execute(List.of("select", "--data", scored.toString(), "--out", nothing.toString(),
        "-o", "select.strategy=threshold", "-o", "select.threshold=99"));
    assertThat(empty.code()).isEqualTo(2);
    assertThat(empty.err()).contains("selection kept nothing of 7 answers: 7 answers below threshold");
    assertThat(nothing).doesNotExist();
  }

  @Test
  void evalShowsRewardGoldAndTheBestOfNCurve() throws IOException {
    Path reward = Files.createDirectories(directory.resolve("reward"));
    try (ScalarModel scalar = ScalarModel.withNewHead(model, 0.5, 3); Tokenizer tokenizer = Tokenizer.load(model)) {
      scalar.save(reward);
      tokenizer.copyTo(reward);
    }
    Path out = directory.resolve("eval");
    TinyRun.Result result = run("eval", "--model", model, "--reward", reward, "--data",
        tiny.data(TaskFile.PROMPTS_TEST), "--task", "customer-replies", "--best-of", "4", "--out", out);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("evaluation of 8 prompts", "gold score", "gold estimated");
    JsonNode curve = new ObjectMapper().readTree(out.resolve("report.json").toFile()).get("best_of");
    assertThat(curve).hasSize(3);
    // More samples never lower the expected highest reward.
    assertThat(curve.get(2).get("reward_estimated").asDouble())
        .isGreaterThan(curve.get(0).get("reward_estimated").asDouble());
    assertThat(Files.readAllLines(out.resolve("fresh.jsonl"))).hasSize(8)
        .allSatisfy(line -> assertThat(new ObjectMapper().readTree(line).get("responses")).hasSize(7));
    assertThat(run("eval", "--model", model, "--reward", reward, "--data", tiny.data(TaskFile.PROMPTS_TEST),
        "--best-of", "3", "--out", out).err()).contains("--best-of: is 3");
  }

  @Test
  void evalSamplesNothingForARewardModelThatIsNotThere() {
    Path out = directory.resolve("none");
    TinyRun.Result result = run("eval", "--model", model, "--reward", directory.resolve("no-reward"), "--data",
        tiny.data(TaskFile.PROMPTS_TEST), "--out", out);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).hasLineCount(1).contains("no-reward: is not a model directory");
    assertThat(out).doesNotExist();
  }

  @Test
  void anAverageLiesBetweenItsModels() throws IOException {
    Path other = directory.resolve("other");
    assertThat(run("sft", "--model", model, "--data", tiny.data(TaskFile.SFT), "--out", other, "-o",
        "sft.batch_size=16", "-o", "sft.learning_rate=3.0e-3", "-o", "sft.epochs=1").code()).isZero();
    Path half = directory.resolve("half");
    assertThat(TinyRun.execute(List.of("merge", "--model", model.toString(), "--out", half.toString(), "--dtype",
        "bfloat16")).code()).isZero();
    Path out = directory.resolve("mean");
    TinyRun.Result result = TinyRun.execute(List.of("average", "--models", half.toString(), other.toString(),
        "--weights", "1,3", "--out", out.toString()));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(new ObjectMapper().readTree(out.resolve("config.json").toFile()).path("torch_dtype").asText())
        .as("its own numbers, not those of the first model").isEqualTo("float32");
    try (CausalModel a = CausalModel.load(half); CausalModel b = CausalModel.load(other);
        CausalModel mean = CausalModel.load(out)) {
      float[] first = a.projection().toFloats();
      float[] second = b.projection().toFloats();
      float[] expected = new float[first.length];
      for (int i = 0; i < first.length; i++) {
        expected[i] = 0.25f * first[i] + 0.75f * second[i];
      }
      assertThat(mean.projection().toFloats()).containsExactly(expected,
          within(1e-6f));
    }
  }

  private static String jobOf(Path finished) throws IOException {
    JsonNode provenance =
        new ObjectMapper().readTree(finished.resolveSibling(finished.getFileName() + ".provenance.json").toFile());
    // The code is a record, it does not decide what can be continued.
    return ((ObjectNode) provenance).putNull("code").toString();
  }

  private TinyRun.Result generate(Path prompts, Path out, String... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate", "--model", model, "--data", prompts, "--samples", "3",
        "--out", out));
    arguments.addAll(List.of(more));
    return run(arguments.toArray());
  }

  private static TinyRun.Result run(Object... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments).stream().map(String::valueOf).toList());
    all.addAll(LIMITS);
    return TinyRun.execute(all);
  }
}
