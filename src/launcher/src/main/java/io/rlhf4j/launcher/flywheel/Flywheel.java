package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.ClusterFile;
import io.rlhf4j.launcher.pipeline.RewardCheck;
import io.rlhf4j.launcher.pipeline.RunContext;
import io.rlhf4j.launcher.ppo.Crew;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.report.RunReport;
import io.rlhf4j.launcher.stage.LocalRoles;
import io.rlhf4j.launcher.stage.OtherOutputException;
import io.rlhf4j.launcher.stage.StageRoles;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Fence;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.RunDirectory;
import io.rlhf4j.telemetry.RunLease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * Runs the rounds that are still to be run.
 *
 * <pre>
 * config.yaml          the recipe as of the latest start
 * inputs.json          hashes of the data files
 * data/                those of the built-in task
 * round-0/             start, sft, reward, answers.jsonl, round.json
 * round-N/             prompts.jsonl, responses.jsonl, labels.jsonl, reward, scored.jsonl, sft.jsonl, pairs.jsonl, sft,
 *                      dpo, answers.jsonl, round.json
 * </pre>
 *
 * <p>Every output says what it was made of, in {@code provenance.json} inside it or beside it. Each is there completely
 * or not at all, so that the same command goes on at the stage that was running; the files of an interrupted flywheel
 * are byte for byte those of an undisturbed one. A round whose {@code round.json} is written is history: later starts
 * may change the settings of the rounds to come.
 */
public final class Flywheel {

  private final RecipeConfig recipe;
  private final Path root;
  private final Optional<Task> task;
  private final RunLease lease;
  private final Consumer<String> news;

  private Flywheel(RecipeConfig recipe, RunLease lease, Consumer<String> news) {
    this.recipe = recipe;
    this.lease = lease;
    this.root = recipe.runDirectory();
    this.task = Optional.ofNullable(recipe.task()).map(Task::named);
    this.news = news;
  }

  /**
   * Runs what is left of {@code flywheel.rounds}.
   *
   * @param redoRound whether what the round under way has made is thrown away first
   * @param lease of the flywheel's directory; stays open
   * @param news told what the user should see
   * @return the table of all rounds
   * @throws InputException if settings or files do not fit what is there; nothing that is there is overwritten
   */
  public static String run(RecipeConfig recipe, boolean redoRound, RunLease lease, Consumer<String> news) {
    return new Flywheel(recipe, lease, news).run(redoRound);
  }

  /** The table of the rounds in a flywheel's directory that are over. */
  public static String status(Path root) {
    List<RoundRecord> records = records(root);
    if (records.isEmpty()) {
      throw InputException.in(root, "holds no round of a flywheel that is over");
    }
    return RoundTable.of(records);
  }

  private String run(boolean redoRound) {
    RewardPlan plan = RewardPlan.of(recipe, task.isPresent());
    RunContext.shareCores(recipe);
    List<RoundRecord> records = new ArrayList<>(records(root));
    if (records.size() <= recipe.flywheel().rounds()) {
      plan.given().forEach(rewards -> RewardCheck.open(recipe, rewards));
    }
    FlywheelInputs inputs = FlywheelInputs.open(recipe, task, plan.trainsReward(), root);
    checkKind(plan, records);
    if (redoRound) {
      redo(records.size());
    }
    writeConfig();
    if (recipe.cluster() == null || records.size() > recipe.flywheel().rounds()) {
      rounds(records, new Round(plan, root, inputs, task, new LocalRoles(recipe), news), step -> {});
    } else {
      onCluster(recipe.cluster(), records, roles -> new Round(plan, root, inputs, task, roles, news));
    }
    RunReport.afterwards(root);
    return RoundTable.of(records);
  }

  /** Waits for the roles as PPO does, but for the critic, which no stage asks. */
  private void onCluster(ClusterConfig cluster, List<RoundRecord> records, Function<StageRoles, Round> round) {
    Path members = root.resolve("cluster.json");
    try (ClusterNode node = ClusterNode.coordinator(cluster, ClusterFile.read(members), now -> {
      lease.check();
      ClusterFile.write(members, now);
    })) {
      Set<RoleName> wanted = EnumSet.complementOf(EnumSet.of(RoleName.CRITIC));
      List<String> labels = wanted.stream().map(RoleName::label).toList();
      news.accept("waiting at " + node.address() + " for the roles " + String.join(", ", labels));
      RunDirectory.announce(root, node.address());
      node.report(new RunFacts(recipe.name(), "waiting for the roles", 0, recipe.flywheel().rounds(), 0, 0, labels));
      node.awaitRoles(wanted, news);
      try (Crew crew = new Crew(node, recipe.hash(), CallDeadlines.of(cluster),
          new Fence(lease.run(), lease.epoch()))) {
        rounds(records, round.apply(new ClusterRoles(recipe, crew, news)), number -> node.report(
            new RunFacts(recipe.name(), "a round", number, recipe.flywheel().rounds(), 0, 0, labels)));
      }
      RunDirectory.silence(root);
    }
  }

  private void redo(int round) {
    Path unfinished = directory(root, round);
    if (Files.notExists(unfinished)) {
      throw InputException.in(unfinished, "is not there: no round is under way that could be done again; leave out"
          + " --redo-round");
    }
    try {
      AtomicFiles.deleteTree(unfinished);
    } catch (IOException e) {
      throw new InputException(unfinished + ": cannot be deleted (" + e.getMessage() + ")", e);
    }
  }

  /** A reward model cannot begin to be trained, or stop, in the middle. */
  private static void checkKind(RewardPlan plan, List<RoundRecord> records) {
    if (!records.isEmpty() && records.getFirst().reward().isEmpty() == plan.trainsReward()) {
      throw InputException.key("flywheel.trained_weight", "is " + plan.recipe().flywheel().trainedWeight() + " with "
          + plan.recipe().rewards().size() + " rewards, but round 0 has " + (plan.trainsReward() ? "no" : "a")
          + " reward model; start another flywheel with another name");
    }
  }

  private void rounds(List<RoundRecord> records, Round round, IntConsumer begins) {
    try {
      if (records.isEmpty()) {
        begins.accept(0);
        records.add(round.first());
      }
      while (records.size() <= recipe.flywheel().rounds()) {
        news.accept("round " + records.size());
        begins.accept(records.size());
        records.add(round.next(records));
        news.accept(RoundTable.of(records));
      }
    } catch (OtherOutputException e) {
      throw new InputException(e.getMessage() + "; use that again, or begin round " + records.size()
          + " anew with --redo-round", e);
    }
  }

  private void writeConfig() {
    try {
      AtomicFiles.writeText(root.resolve("config.yaml"), "# sha256 " + recipe.hash() + "\n" + recipe.resolvedYaml());
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Records of the rounds that are over, from round 0 on. */
  private static List<RoundRecord> records(Path root) {
    List<RoundRecord> records = new ArrayList<>();
    Optional<RoundRecord> next = RoundRecord.read(directory(root, 0));
    while (next.isPresent()) {
      records.add(next.get());
      next = RoundRecord.read(directory(root, records.size()));
    }
    for (int later = records.size() + 1; later <= records.size() + 1000; later++) {
      if (Files.exists(directory(root, later))) {
        throw InputException.in(directory(root, records.size()), "is missing or not complete although round " + later
            + " is there; put it back, or move the later rounds away");
      }
    }
    return records;
  }

  static Path directory(Path root, int round) {
    return root.resolve("round-" + round);
  }
}
