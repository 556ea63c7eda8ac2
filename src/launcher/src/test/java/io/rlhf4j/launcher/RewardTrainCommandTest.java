package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code rlhf reward train} on files that it cannot use, and on some that it can. */
class RewardTrainCommandTest {

  private static final String RECIPE = """
      tokenizer: {vocab_size: 300}
      model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
              num_key_value_heads: 1, max_position_embeddings: 128, initializer_range: 0.1}
      data: {max_length: 96, max_prompt_length: 48, test_fraction: 0.2}
      sft: {batch_size: 16, learning_rate: 3.0e-3}
      reward: {epochs: 4, batch_size: 16, learning_rate: 3.0e-3, lm_epochs: 1, eval_steps: 5}
      ppo: {max_new_tokens: 16}
      threads: 1
      """;

  @TempDir
  private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path recipe = Path.of("");
  private Path data = Path.of("");

  @BeforeEach
  void writeFiles() throws IOException {
    recipe = Files.writeString(directory.resolve("tiny.yaml"), RECIPE);
    data = Files.writeString(directory.resolve("pairs.jsonl"), String.join("\n", pairs(200)));
  }

  @Test
  void trainsFromFilesToAModelThatScoresTheBetterAnswerHigher() throws IOException {
    assertThat(train()).as("%s", err).isZero();

    Path run = directory.resolve("runs/tiny");
    assertThat(out.toString()).contains("reward model", "longer answer", "shorter answer", "random",
        "trained on 160 pairs", "reward model: " + run.resolve("final/reward"));
    assertThat(run.resolve("finished")).exists();
    JsonNode last = lastEvaluation(run);
    assertThat(last.get("pairs").asInt()).isEqualTo(40);
    assertThat(last.get("accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(Stream.of("min", "p10", "median", "p90", "max").map(name -> last.get("score_" + name).asDouble()))
        .isSorted();
    assertThat(last.get("score_max").asDouble()).isGreaterThan(last.get("score_min").asDouble());
    assertThat(run.resolve("report.html")).content().contains("Scores of held-out answers", "<rect ",
        "chosen <b>40</b>", "rejected <b>40</b>").doesNotContain("<script");
    assertThat(Files.readString(run.resolve("metrics.jsonl"))).contains("\"stage\":\"reward_lm\"",
        "\"stage\":\"reward\",\"step\":40");
    JsonNode config = new ObjectMapper().readTree(run.resolve("final/reward/config.json").toFile());
    assertThat(config.get("mean").asDouble()).isEqualTo(last.get("score_mean").asDouble());
    assertThat(config.get("std").asDouble()).isEqualTo(last.get("score_std").asDouble());
    assertScoresTheBetterAnswerHigher(run.resolve("final/reward"));
  }

  @Test
  void readsPublishedDialoguesAndARewardToken() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      rows.add("""
          {"chosen": "\\n\\nHuman: hi %d\\n\\nAssistant: hello\\n\\nHuman: and?\\n\\nAssistant: good %d", \
          "rejected": "\\n\\nHuman: hi %d\\n\\nAssistant: hello\\n\\nHuman: and?\\n\\nAssistant: bad %d"}"""
          .formatted(i, i, i, i));
    }
    Path zipped = directory.resolve("hh.jsonl.gz");
    try (OutputStream file = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      file.write(String.join("\n", rows).getBytes(StandardCharsets.UTF_8));
    }

    assertThat(train("-o", "data.preference_train=" + zipped, "-o", "data.format=hh-rlhf", "-o",
        "reward.reward_token_id=1", "-o", "reward.over_length=truncate", "-o", "data.max_length=24", "-o",
        "data.max_prompt_length=16")).as("%s", err).isZero();

    assertThat(out.toString()).contains("truncated 60 of 60 pairs", "trained on 48 pairs");
    JsonNode config = new ObjectMapper()
        .readTree(directory.resolve("runs/tiny/final/reward/config.json").toFile());
    assertThat(config.get("reward_token_id").asInt()).isEqualTo(1);
  }

  @Test
  void badRowsAreSkippedAndCounted() throws IOException {
    List<String> rows = pairs(50);
    rows.set(3, "{\"prompt\": \"x\", \"chosen\": ");
    rows.set(7, row("hi", "the same", "the same"));
    rows.set(9, row("  ", "good", "bad"));
    rows.set(11, row("long ".repeat(80), "good", "bad"));
    Files.writeString(data, String.join("\n", rows));

    assertThat(train("-o", "reward.epochs=1")).as("%s", err).isZero();

    assertThat(out.toString()).contains(data + ": skipped 4 of 50 rows: 1 not valid JSON (line 4), 1 empty prompt "
        + "(line 10), 1 chosen equal to rejected (line 8), 1 prompt longer than data.max_prompt_length (line 12)");
  }

  @Test
  void refusesWhatLeavesNothingToTrainOn() throws IOException {
    assertRefused(data + ": skipped 2 of 2 rows: 2 not valid JSON (lines 1, 2); none is left", "{\"a\"\n[1");
    assertRefused("1 chosen equal to rejected (line 1); none is left", row("hi", "same", "same"));
    assertRefused("1 empty prompt (line 1); none is left", row("", "good", "bad"));
    assertRefused("1 prompt longer than data.max_prompt_length (line 1); none is left",
        row("long ".repeat(80), "good", "bad"));
    assertRefused("has no rows", "");
  }

  @Test
  void refusesWrongKeysAndFiles() {
    assertRefused("none.jsonl: does not exist", List.of("-o", "data.preference_train=none.jsonl"));
    assertRefused("unknown key reward.epoch, did you mean epochs?", List.of("-o", "reward.epoch=3"));
    assertRefused("reward.epochs: is 0, must be at least 1", List.of("-o", "reward.epochs=0"));
    assertRefused("data.preference_test: is missing", List.of("-o", "data.test_fraction=0"));
    assertRefused("reward.reward_token_id: is 300, must be below 300", List.of("-o", "reward.reward_token_id=300"));
    assertRefused("reward.reward_token_id: is 0, the padding token", List.of("-o", "reward.reward_token_id=0"));
    assertRefused("reward.use_margin: is true, must be false where no row to learn from has a margin",
        List.of("-o", "reward.use_margin=true"));
    assertRefused("no built-in task is called 'nonsense'", List.of("-o", "task=nonsense"));
  }

  @Test
  void refusesACheckpointOfAnotherArchitecture() throws IOException {
    Path model = directory.resolve("other");
    ByteLevelBpeTrainer.train(Stream.of("text"), BpeRecipe.chat(260), model);
    try (CausalModel llama =
        CausalModel.random(new LlamaConfig(260, 16, 32, 1, 2, 1, 8, 1e-5, 1e4, 128, true), 0.1, 1)) {
      llama.save(model);
    }
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"llama\"", "\"mamba\""));

    assertRefused(config + ": model_type is \"mamba\", supported are llama, ",
        List.of("-o", "model.path=" + model));
  }

  @Test
  void startsFromAModelDirectory() throws IOException {
    Path start = directory.resolve("start");
    ByteLevelBpeTrainer.train(Stream.of("good bad reply"), BpeRecipe.chat(270), start);
    try (Tokenizer tokenizer = Tokenizer.load(start); CausalModel llama = CausalModel.random(
        new LlamaConfig(tokenizer.vocabularySize(), 16, 32, 1, 2, 1, 8, 1e-5, 1e4, 128, false), 0.1, 1)) {
      llama.save(start);
    }

    assertThat(train("-o", "model.path=" + start, "-o", "reward.epochs=1")).as("%s", err).isZero();

    try (ScalarModel trained = ScalarModel.load(directory.resolve("runs/tiny/final/reward"))) {
      assertThat(trained.backbone().config().hiddenSize()).isEqualTo(16);
    }
  }

  @Test
  void aFinishedRunIsKeptUnlessTold() {
    assertThat(train("-o", "reward.epochs=1")).isZero();
    err.getBuffer().setLength(0);

    assertThat(train("-o", "reward.epochs=1")).isEqualTo(2);
    assertThat(err.toString()).contains("holds a finished run");
    assertThat(directory.resolve("runs/tiny/final/reward/model.safetensors")).exists();
    assertThat(train("-o", "reward.epochs=1", "--overwrite")).isZero();
  }

  /** In a JVM of its own, since other tests of this one do start a cluster. */
  @Test
  @Tag("process")
  void needsNeitherAkkaNorGrpc() throws Exception {
    Path classes = directory.resolve("classes.log");
    Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-Xlog:class+load:file=" + classes, "-cp",
        System.getProperty("java.class.path"), Main.class.getName(), "reward", "train", recipe.toString(), "-o",
        "data.preference_train=" + data, "-o", "run_dir=" + directory.resolve("runs"), "-o", "reward.epochs=1")
        .redirectErrorStream(true).redirectOutput(directory.resolve("output").toFile()).start();
    boolean ended = child.waitFor(2, TimeUnit.MINUTES);
    child.destroyForcibly();

    assertThat(ended && child.exitValue() == 0).as(Files.readString(directory.resolve("output"))).isTrue();
    try (Stream<String> loaded = Files.lines(classes)) {
      List<String> names = loaded.map(line -> line.replaceFirst("^(\\[[^]]*])+ ?", "")).toList();
      assertThat(names).anyMatch(name -> name.startsWith("io.rlhf4j.reward.RewardTrainer "));
      assertThat(names).noneMatch(name -> name.matches("(akka|scala|io\\.grpc|io\\.netty)\\..*"));
    }
  }

  private List<JsonNode> metrics(String run, String stage) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("runs/" + run + "/metrics.jsonl"))) {
      JsonNode row = new ObjectMapper().readTree(line);
      if (row.get("stage").asText().equals(stage)) {
        rows.add(row);
      }
    }
    return rows;
  }

  @Test
  void measuresOnSeveralFilesEachByItsName() throws IOException {
    List<String> rows = pairs(60);
    Path one = Files.writeString(directory.resolve("one.jsonl"), String.join("\n", rows.subList(0, 20)));
    Path two = Files.writeString(directory.resolve("two.jsonl"), String.join("\n", rows.subList(20, 60)));
    String files = "data.preference_test_mix=[{path: '" + one + "'}, {path: '" + two + "'}]";

    assertRefused("data.preference_test_mix: is given, must be left out with preference_test",
        List.of("-o", files, "-o", "data.preference_test=" + one));

    assertThat(train("-o", files, "-o", "reward.epochs=1")).as("%s", err).isZero();

    assertThat(out.toString()).contains("- one", "- two", "held-out scores from");
    assertThat(metrics("tiny", "reward_eval/one").getLast().get("pairs").asInt()).isEqualTo(20);
    assertThat(metrics("tiny", "reward_eval/two").getLast().get("pairs").asInt()).isEqualTo(40);
    assertThat(metrics("tiny", "reward_eval").getLast().get("pairs").asInt()).isEqualTo(60);
  }

  @Test
  void mixesFilesAndMeasuresEachOnItsOwn() throws IOException {
    Path rated = Files.writeString(directory.resolve("rated.jsonl"), pairs(100).stream()
        .map(row -> row.replace("}", ", \"s\": 3, \"t\": 1}")).collect(Collectors.joining("\n")));
    Path mixed = Files.writeString(directory.resolve("mixed.yaml"), RECIPE.replace("data: {", """
        data: {min_score_gap: 2, preference_mix: [\
        {path: '%s', weight: 1.5, fields: {chosen_score: s, rejected_score: t}}, \
        {path: '%s', weight: 0.5, fields: {chosen_score: s, rejected_score: t}}], """.formatted(rated,
        Files.copy(rated, directory.resolve("again.jsonl")))));
    recipe = mixed;

    assertThat(train("-o", "data.preference_train=null", "-o", "reward.epochs=1")).as("%s", err).isZero();

    // 80 of each file's 100 pairs are learned from: one and a half times and half a time.
    assertThat(out.toString()).contains("- rated", "- again", "trained on 160 pairs");
    List<JsonNode> whole = metrics("mixed", "reward_eval");
    List<JsonNode> first = metrics("mixed", "reward_eval/rated");
    List<JsonNode> second = metrics("mixed", "reward_eval/again");
    assertThat(whole).hasSizeGreaterThan(1);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(first.get(i).get("step")).isEqualTo(whole.get(i).get("step")).isEqualTo(second.get(i).get("step"));
      assertThat(first.get(i).get("correct").asInt() + second.get(i).get("correct").asInt())
          .isEqualTo(whole.get(i).get("correct").asInt());
      int counted = 0;
      for (int bin = 1; bin <= 10; bin++) {
        counted += whole.get(i).get("chosen_bin_" + bin).asInt();
      }
      assertThat(counted).isEqualTo(whole.get(i).get("pairs").asInt());
    }
    JsonNode step = metrics("mixed", "reward").getFirst();
    assertThat(step.get("score_min").asDouble()).isLessThan(step.get("score_max").asDouble());
    assertThat(step.has("ties")).isTrue();
    err.getBuffer().setLength(0);
    assertThat(train()).isEqualTo(2);
    assertThat(err.toString()).contains("data.preference_mix: is given, must be left out with preference_train");
  }

  @Test
  void aTaskShowsTheLimitOfItsPreferences() throws IOException {
    TinyRun tiny = TinyRun.in(directory.resolve("task"));
    TinyRun.Result result = TinyRun.execute(List.of("reward", "train", tiny.recipe().toString()));

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("gold score")
        .containsPattern("best accuracy that can be expected: \\d\\d\\.\\d %");
  }

  private void assertRefused(String message, String rows) throws IOException {
    Files.writeString(data, rows);
    assertRefused(message, List.of());
  }

  private void assertRefused(String message, List<String> arguments) {
    err.getBuffer().setLength(0);
    assertThat(train(arguments.toArray(String[]::new))).isEqualTo(2);
    List<String> lines = err.toString().lines().toList();
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst()).startsWith("rlhf: ").contains(message);
    assertThat(directory.resolve("runs/tiny")).doesNotExist();
  }

  private void assertScoresTheBetterAnswerHigher(Path model) {
    try (Tokenizer tokenizer = Tokenizer.load(model); RewardModelScorer scorer =
        RewardModelScorer.load(model, 1000, true)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      List<ChatMessage> prompt = List.of(ChatMessage.user("question 5"));
      float[] scores = scorer.score(
          Stream.of("good reply 5", "bad reply 5").map(text -> renderer.sequence(prompt, text)).toList());
      assertThat(scores[0]).isGreaterThan(scores[1]);
    }
  }

  private static JsonNode lastEvaluation(Path run) throws IOException {
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .filter(line -> line.contains("\"reward_eval\"")).toList();
    // 160 pairs in batches of 16, four times: every 5 of 40 steps, the last of them being the end.
    assertThat(lines).hasSize(8);
    return new ObjectMapper().readTree(lines.getLast());
  }

  private int train(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of("reward", "train", recipe.toString(), "-o",
        "data.preference_train=" + data, "-o", "run_dir=" + directory.resolve("runs")));
    all.addAll(List.of(arguments));
    return commandLine.execute(all.toArray(String[]::new));
  }

  private static List<String> pairs(int count) {
    Random random = new Random(1);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String tail = " reply " + random.nextInt(10);
      rows.add(row("question " + i, "good" + tail, "bad" + tail));
    }
    return rows;
  }

  private static String row(String prompt, String chosen, String rejected) {
    return "{\"prompt\": \"%s\", \"chosen\": \"%s\", \"rejected\": \"%s\"}".formatted(prompt, chosen, rejected);
  }
}
