package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.RunDirectory;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code rlhf ppo} and {@code rlhf node} cannot use: one line, exit code 2, and nothing is touched. */
@Tag("cluster")
class WrongInputTest {

  @TempDir
  private Path directory;

  private TinyRun tiny;

  @BeforeEach
  void writeRecipe() throws IOException {
    tiny = TinyRun.in(directory);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      data.sft=none.jsonl                     | none.jsonl: does not exist
      data.preference_train=none.jsonl        | none.jsonl: does not exist
      data.prompts_train=none.jsonl           | none.jsonl: does not exist
      data.prompts_test=none.jsonl            | none.jsonl: does not exist
      data.prompts_test=none.txt              | none.txt: has an unknown ending, must be .jsonl, .json
      data.chat_template=none.jinja           | data.chat_template: none.jinja cannot be read
      tokenizer.path=none                     | none
      model.path=none                         | none
      ppo.clip_rang=0.1                       | unknown key ppo.clip_rang, did you mean clip_range?
      ppo.actor.learning_rat=0.1              | unknown key ppo.actor.learning_rat, did you mean learning_rate?
      ppo={advantage_estimator: rloo, samples_per_prompt: 1} | ppo.samples_per_prompt: is 1, must be at least 2
      ppo.advantage_estimator=grop            | ppo.advantage_estimator: is the value 'grop', must be one of gae, rloo
      ppo={use_kl_loss: true, kl_estimator: k1} | ppo.kl_estimator: is k1, must be k2 or k3 with use_kl_loss
      ppo={clip_range_high: 0.28, dual_clip: 1.2} | ppo.dual_clip: is 1.2, must be greater than 1.28, the ratio
      ppo.clip_range=1.5                      | ppo.clip_range: is 1.5, must be below 1
      devices.actor=cuda:63                   | devices.actor: is cuda:63, must be a device that libtorch finds on this
      devices.stages=cuda:63                  | devices.stages: is cuda:63, must be a device that libtorch finds on this
      devices.critic=gpu                      | devices.critic: is 'gpu', must be cpu, cuda or cuda:N
      ppo.clip_range=0                        | ppo.clip_range: is 0, must be
      ppo.lambda=1.5                          | ppo.lambda: is 1.5, must be
      ppo.iterations=many                     | ppo.iterations
      ppo.max_new_tokens=200                  | ppo.max_new_tokens: is 200, must be at most
      ppo.prompts_per_iteration=25            | ppo.prompts_per_iteration: is 25, must be at most the 24 usable prompts
      reward.reward_token_id=400              | reward.reward_token_id: is 400, must be below 400
      task=nonsense                           | no built-in task is called 'nonsense'
      name=a/b                                | name: is 'a/b', must be letters, digits
      """)
  void aKeyIsWrong(String override, String message) throws IOException {
    assertRefused(message, "-o", override);
  }

  @Test
  void aRecipeIsMissingOrHasALineThatIsWrong() throws IOException {
    Path none = directory.resolve("none.yaml");
    assertOneLine(TinyRun.execute(List.of("ppo", none.toString())), none + ": does not exist");

    int lines = Files.readAllLines(tiny.recipe()).size();
    Files.writeString(tiny.recipe(), Files.readString(tiny.recipe()) + "sede: 3\n");
    assertRefused(tiny.recipe() + ":" + (lines + 1) + ": unknown key sede, did you mean seed?");
  }

  @Test
  void aFileHasNoRowThatCanBeUsed() throws IOException {
    String message = "[{\"role\": \"user\", \"content\": \"%s\"}]";
    assertRowsRefused(TaskFile.SFT, "{\"messages\": \n[1",
        tiny.data(TaskFile.SFT) + ": skipped 2 of 2 rows: 2 not valid JSON (lines 1, 2); none is left");
    assertRowsRefused(TaskFile.SFT, "", tiny.data(TaskFile.SFT) + ": has no rows");
    assertRowsRefused(TaskFile.PREFERENCE_TRAIN,
        "{\"prompt\": " + message.formatted("hi") + ", \"chosen\": \"same\", \"rejected\": \"same\"}",
        "1 chosen equal to rejected (line 1); none is left");
    assertRowsRefused(TaskFile.PROMPTS_TRAIN, "{\"prompt\": \" \"}", "1 empty prompt (line 1); none is left");
    assertRowsRefused(TaskFile.PROMPTS_TEST, "{\"prompt\": " + message.formatted("long ".repeat(200)) + "}",
        "1 prompt longer than data.max_prompt_length (line 1); none is left");
  }

  @Test
  void rowsThatCannotBeUsedAreCountedAndTheRestIsUsed() throws IOException {
    append(TaskFile.SFT, "{\"messages\": ");
    append(TaskFile.PREFERENCE_TRAIN, "{\"prompt\": \"hi\", \"chosen\": \"same\", \"rejected\": \"same\"}");
    append(TaskFile.PROMPTS_TRAIN, "{\"prompt\": \"\"}");
    append(TaskFile.PROMPTS_TEST, "{\"prompt\": \"" + "long ".repeat(200) + "\"}");

    TinyRun.Result result = tiny.ppo("-o", "ppo.iterations=1", "-o", "ppo.prompts_per_iteration=24");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out().lines()).contains(
        tiny.data(TaskFile.SFT) + ": skipped 1 of 65 rows: 1 not valid JSON (line 65)",
        tiny.data(TaskFile.PREFERENCE_TRAIN) + ": skipped 1 of 65 rows: 1 chosen equal to rejected (line 65)",
        tiny.data(TaskFile.PROMPTS_TRAIN) + ": skipped 1 of 25 rows: 1 empty prompt (line 25)",
        tiny.data(TaskFile.PROMPTS_TEST)
            + ": skipped 1 of 9 rows: 1 prompt longer than data.max_prompt_length (line 9)");
  }

  @Test
  void aCheckpointDoesNotFit() throws IOException {
    Path model = model(270, 64);
    String path = "model.path=" + model;
    assertRefused("data.max_length: is 192, must be at most 64, max_position_embeddings of " + model, "-o", path);
    assertRefused("ppo.max_new_tokens: is 40, must be at most 32, max_position_embeddings of " + model, "-o", path,
        "-o", "data.max_length=64", "-o", "data.max_prompt_length=32", "-o", "ppo.max_new_tokens=40");

    Path tokenizer = directory.resolve("tokenizer");
    ByteLevelBpeTrainer.train(Stream.of("hello hello hello"), BpeRecipe.chat(280), tokenizer);
    Path larger = model(262, 256);
    assertRefused(larger + ": the embedding has 262 rows, the tokenizer", "-o", "model.path=" + larger, "-o",
        "tokenizer.path=" + tokenizer);

    Path config = larger.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"llama\"", "\"mamba\""));
    assertRefused(config + ": model_type is \"mamba\", supported are llama, ", "-o", "model.path=" + larger);
  }

  @Test
  void theClusterCannotBeFormed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      assertRefused("cluster.port: cannot listen on 127.0.0.1:" + port, "-o", "cluster.port=" + port);
      assertOneLine(node("--role", "critic", "--port", port, "--join", "127.0.0.1:1"),
          "cannot listen on 127.0.0.1:" + port);
    }
    assertRefused("no actor (no node has joined with it), critic (no node has joined with it), reward (", "-o",
        "cluster.roles_wait_seconds=1");
    assertRefused("cluster.seed_nodes: cannot join 127.0.0.1:1 within 1 seconds", "-o", "cluster.roles_wait_seconds=1",
        "-o", "cluster.seed_nodes=['127.0.0.1:1']");
    assertOneLine(node("--role", "critic", "--wait", "1", "--join", "127.0.0.1:1"),
        "cannot join 127.0.0.1:1 within 1 seconds");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      --join 127.0.0.1:1                               | '--roles=ROLE'
      --role critic                                    | '--join=HOST:PORT'
      --role judge --join 127.0.0.1:1                  | is judge, must be one of actor, critic, reward, reference
      --role critic --join 127.0.0.1                   | '127.0.0.1', must be a list of host:port
      --role critic --join 127.0.0.1:1 --port 70000    | port: is 70000, must be between 0 and 65535
      --role critic --join 127.0.0.1:1 --threads -1    | --threads: is -1, must not be negative
      --role critic --join 127.0.0.1:1 --device cuda:63 | --device: is cuda:63, must be a device that libtorch finds
      --role critic --join 127.0.0.1:1 --prot 3        | --prot
      """)
  void aNodeIsStartedWithWrongArguments(String arguments, String message) {
    assertOneLine(node(arguments.strip().split(" +")), message);
  }

  @Test
  void debugShowsTheStackTrace() {
    TinyRun.Result result = tiny.ppo("--debug", "-o", "data.sft=none.jsonl");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("none.jsonl: does not exist", "\tat ");
  }

  /** Scores nothing, or beyond all bounds. */
  public static final class Unusable implements AnswerReward {

    private final double score;

    public Unusable(List<String> score) {
      this.score = Double.parseDouble(score.getFirst());
    }

    @Override
    public double[] scoreAnswers(List<Answer> answers) {
      return answers.stream().mapToDouble(answer -> score).toArray();
    }
  }

  /** Whose tokenizer is not the policy's: it reads what the policy wrote as text. */
  @Test
  void aRewardWithoutAScoreOrWithAnotherTokenizerAndUnevenBatchesAreHandled() throws IOException {
    String other = "{kind: sequence, path: '" + TinyDirectories.scalar(directory.resolve("reward"), 5) + "'}";
    TinyRun.Result result = tiny.ppo(rewards(reward(Double.NaN) + ", " + other, "-o", "ppo.mini_batch_size=6"));

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("ppo.mini_batch_size: 6 does not divide the 16 responses of an iteration; the "
        + "last optimiser step of each epoch learns from 4");
    assertThat(tiny.rows("tiny", "ppo")).hasSize(1);

    TinyRun.Result nothing = tiny.ppo(rewards(reward(Double.NaN), "--overwrite"));
    assertThat(nothing.code()).as(nothing.err()).isZero();
    assertThat(Files.readString(tiny.root("tiny").resolve("run.log")))
        .containsOnlyOnce("answers got no score from any reward (NaN) and count as 0; this is said once");
  }

  @Test
  void rewardsThatCannotBeUsedShowBeforeAnythingIsTrained() throws IOException {
    Path scalar = TinyDirectories.scalar(directory.resolve("reward"), 5);
    assertRefused("config.json: has no usable mean", "-o",
        "rewards=[{kind: sequence, normalize: true, path: '" + scalar + "'}]");
    assertRefused("nowhere", "-o", "rewards=[{kind: sequence, path: '" + directory.resolve("nowhere") + "'}]");
    assertRefused("ppo.reward_precision: is int8, must be fp32 with rewards", "-o", "rewards=[{kind: random}]", "-o",
        "ppo.reward_precision=int8");
    Path judge = TinyModels.withoutChatTemplate(TinyDirectories.causal(directory.resolve("judge"), 3));
    assertRefused(judge + ": the tokenizer has no chat template; save the one of this model as chat_template.jinja",
        "-o", "rewards=[{kind: judge, max_new_tokens: 8, models: ['" + judge + "']}]");
  }

  @Test
  void aRewardBeyondAllBoundsEndsTheRunWithOneLine() throws IOException {
    TinyRun.Result result = tiny.ppo(rewards(reward(Double.POSITIVE_INFINITY)));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).doesNotContain("\tat ").containsOnlyOnce("rlhf: ").endsWith(
        ": rewards: an answer got the score Infinity, must be finite, or NaN for no score\n");
    // What was trained before is not thrown away with it.
    assertThat(tiny.root("tiny").resolve("stages/sft")).isDirectory();
  }

  private static String reward(double score) {
    return "{kind: java, class_name: '" + Unusable.class.getName() + "', arguments: ['" + score + "']}";
  }

  private static String[] rewards(String list, String... more) {
    return Stream.concat(Stream.of("-o", "rewards=[" + list + "]", "-o", "ppo.iterations=1"), Stream.of(more))
        .toArray(String[]::new);
  }

  /** Refused where no run is, and where a finished one is that was to be replaced. */
  private void assertRefused(String message, String... arguments) throws IOException {
    assertOneLine(tiny.ppo(arguments), message);
    Path runs = directory.resolve("runs");
    if (Files.exists(runs)) {
      assertThat(runs).isEmptyDirectory();
    }
    RecipeConfig finished = RecipeConfig.parse("{name: tiny, run_dir: '" + runs + "'}");
    RunDirectory.create(finished, false).finish();
    Path mark = Files.createFile(tiny.root("tiny").resolve("mark"));

    String[] overwrite = Arrays.copyOf(arguments, arguments.length + 1);
    overwrite[arguments.length] = "--overwrite";
    assertOneLine(tiny.ppo(overwrite), message);

    try (Stream<Path> left = Files.list(runs)) {
      assertThat(left).containsExactly(tiny.root("tiny"));
    }
    assertThat(tiny.root("tiny")).isDirectoryContaining(mark::equals);
    AtomicFiles.deleteTree(runs);
  }

  private void assertRowsRefused(TaskFile file, String rows, String message) throws IOException {
    String before = Files.readString(tiny.data(file));
    Files.writeString(tiny.data(file), rows);
    assertRefused(message);
    Files.writeString(tiny.data(file), before);
  }

  private static void assertOneLine(TinyRun.Result result, String message) {
    assertThat(result.err().lines().toList()).singleElement().asString().startsWith("rlhf: ").contains(message);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).doesNotContain("\tat ");
  }

  private static TinyRun.Result node(String... arguments) {
    return TinyRun.execute(Stream.concat(Stream.of("node"), Arrays.stream(arguments)).toList());
  }

  private void append(TaskFile file, String row) throws IOException {
    Files.writeString(tiny.data(file), Files.readString(tiny.data(file)).stripTrailing() + "\n" + row + "\n");
  }

  private Path model(int rows, int positions) throws IOException {
    Path model = directory.resolve("model-" + rows);
    ByteLevelBpeTrainer.train(Stream.of("text"), BpeRecipe.chat(260), model);
    try (CausalModel llama =
        CausalModel.random(new LlamaConfig(rows, 16, 32, 1, 2, 1, 8, 1e-5, 1e4, positions, true), 0.1, 1)) {
      llama.save(model);
    }
    return model;
  }
}
