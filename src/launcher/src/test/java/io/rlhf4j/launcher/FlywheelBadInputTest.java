package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.telemetry.RunLease;
import io.rlhf4j.text.BpeRecipe;
import io.rlhf4j.text.ByteLevelBpeTrainer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What stops a flywheel: one line, and a state from which it goes on. */
class FlywheelBadInputTest extends TinyFlywheelFixture {

  private static final List<String> RULES =
      List.of("-o", "task=null", "-o", "flywheel.labels_per_round=0", "-o", "flywheel.keep_by=reward");
  private static final String CONSTANT = "rewards=[{kind: length, max: 10000}]";

  @Test
  void answersThatAreAllTiedStopTheRoundWhichCanBeDoneAgain() throws IOException {
    assertRefused(flywheel("tied", "-o", CONSTANT), "selection kept nothing of 32 answers",
        "16 prompts whose answers are tied",
        "nothing was written");
    Path round = tiny.root("tied").resolve("round-1");
    assertThat(round.resolve("pairs.jsonl")).doesNotExist();
    assertThat(round.resolve("sft.jsonl")).exists();
    TreeMap<String, Path> files = TinyFlywheel.files(tiny.root("tied"));
    assertRefused(flywheel("tied", "-o", CONSTANT), "selection kept nothing");
    assertThat(TinyFlywheel.files(tiny.root("tied")).keySet()).isEqualTo(files.keySet());

    // Other rewards than those that scored this round's answers.
    String other = "rewards=[{kind: random}]";
    assertRefused(flywheel("tied", "-o", other), "scored.jsonl: was made with another rewards",
        "use that again, or begin round 1 anew with --redo-round");
    TinyRun.Result done = flywheel("tied", "-o", other, "--redo-round");
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(tiny.root("tied").resolve("round-0/round.json")).exists();
    assertRefused(flywheel("tied", "-o", other, "-o", "flywheel.rounds=2", "--redo-round"),
        "round-2: is not there: no round is under way");
  }

  @Test
  void aRewardModelWithTheTokenizerOfAnotherStopsItBeforeAnythingIsTrained() throws IOException {
    Path model = TinyModels.policy(tiny, directory.resolve("policy"));
    Path foreign = Files.createDirectories(directory.resolve("foreign"));
    try (ScalarModel scalar = ScalarModel.withNewHead(model, 0.1, 5)) {
      scalar.save(foreign);
    }
    ByteLevelBpeTrainer.train(IntStream.range(0, 2000).mapToObj(i -> "word" + i + " number" + i * 7),
        BpeRecipe.chat(600), foreign);
    int rows;
    try (Tokenizer own = Tokenizer.load(model); Tokenizer other = Tokenizer.load(foreign)) {
      rows = own.vocabularySize();
      assertThat(other.vocabularySize()).isGreaterThan(rows);
    }
    String line = foreign + ": the embedding has " + rows + " rows, the tokenizer";
    assertRefused(flywheel("foreign", "-o", "rewards=[{kind: sequence, path: '" + foreign + "'}]"), line,
        "the tokenizer belongs to another model");
    assertThat(tiny.root("foreign")).doesNotExist();

    Path out = directory.resolve("eval");
    assertRefused(TinyRun.execute(List.of("eval", "--model", model.toString(), "--reward", foreign.toString(),
        "--data", directory.resolve("data/prompts_test.jsonl").toString(), "--out", out.toString())), line);
    assertThat(out).doesNotExist();
    assertRefused(flywheel("none", "-o", "rewards=[{kind: sequence, path: '" + directory.resolve("nowhere") + "'}]"),
        "nowhere");
    assertThat(tiny.root("none")).doesNotExist();

    Path silent = TinyModels.withoutChatTemplate(model);
    assertRefused(flywheel("judge", "-o", "rewards=[{kind: random}]", "-o", "flywheel.keep_by=judge", "-o",
        "flywheel.judge=[{kind: judge, max_new_tokens: 8, models: ['" + silent + "']}]"),
        silent + ": the tokenizer has no chat template");
    assertThat(tiny.root("judge")).doesNotExist();
  }

  @Test
  void aRoundGoesOnFromExactNumbers() {
    assertRefused(flywheel("half", "-o", CONSTANT, "-o", "model.save_dtype=auto"),
        "model.save_dtype: is auto, must be float32 here");
    assertThat(tiny.root("half")).doesNotExist();
  }

  @Test
  void aSecondProcessInTheSameFlywheelIsRefused() {
    try (RunLease lease = RunLease.acquire(tiny.root("busy"), line -> {})) {
      assertThat(lease.epoch()).isEqualTo(1);
      assertRefused(flywheel("busy", "-o", CONSTANT), "works on this run");
    }
    assertThat(tiny.root("busy")).doesNotExist();
  }

  @Test
  void aRewardModelCannotBeginOrStopInTheMiddle() {
    assertThat(flywheel("middle", "-o", "rewards=[{kind: random}]").code()).isZero();
    assertRefused(flywheel("middle", "-o", "rewards=[{kind: random}]", "-o", "flywheel.rounds=2", "-o",
        "flywheel.trained_weight=1"), "data.preference_train: ", "was not there when round 0 began");
  }

  private TinyRun.Result flywheel(String name, String... more) {
    List<String> all = new ArrayList<>(RULES);
    all.addAll(List.of(more));
    return wheel.run(name, all.toArray(String[]::new));
  }
}
