package io.rlhf4j.telemetry;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a run leaves its results.
 *
 * <pre>
 * config.yaml      the recipe with every default, and its hash
 * metrics.jsonl    one object per step
 * tensorboard/     the same numbers for TensorBoard
 * samples.jsonl    prompts with their answers
 * run.log          everything that was logged
 * cluster.json     where the nodes of the run's cluster are
 * checkpoints/     states to resume from, until the run is complete
 * final/ROLE/      trained models in Hugging Face layout
 * node             host:port at which a run under way answers rlhf status
 * finished         there once the run is complete
 * </pre>
 *
 * <p>A run that is replaced waits beside the new one, as {@code .NAME.former}, until the new one is complete: wrong
 * input never costs a finished run.
 */
public final class RunDirectory {

  private static final String CONFIG = "config.yaml";
  private static final String OTHER_RECIPE = "holds a run of another recipe, see its " + CONFIG;
  private static final String FINISHED = "finished";
  private static final String NODE = "node";
  private static final String CLUSTER = "cluster.json";
  private static final String CHECKPOINTS = "checkpoints";
  private static final String STAGES = "stages";
  private static final String DONE = ".done";

  private final Path root;
  private final boolean continued;

  private RunDirectory(Path root, boolean continued) {
    this.root = root;
    this.continued = continued;
  }

  /** Whether an interrupted run of the same recipe is gone on with. */
  public enum Resume {
    /** Where it left checkpoints. */
    AUTO,
    /** Always; it is an error if there is nothing to go on from. */
    REQUIRED,
    /** Never: the run starts anew. */
    NEVER
  }

  /**
   * Goes on with an interrupted run, or starts a new one.
   *
   * @param overwrite whether a finished run may be replaced
   * @throws InputException as {@link #create} does, or if nothing is there to go on from although it is required
   */
  public static RunDirectory open(RecipeConfig recipe, boolean overwrite, Resume resume) {
    Path root = recipe.runDirectory();
    if (resume == Resume.NEVER) {
      return create(recipe, overwrite);
    }
    Optional<String> obstacle = obstacle(root, recipe);
    if (obstacle.isEmpty()) {
      return new RunDirectory(root, true);
    }
    if (obstacle.get().startsWith(OTHER_RECIPE) && resume == Resume.AUTO) {
      throw InputException.in(root, obstacle.get() + "; go on with that recipe, choose another name, or give --fresh");
    }
    if (resume == Resume.REQUIRED) {
      throw InputException.in(root, obstacle.get() + ", so there is nothing to resume; leave out --resume");
    }
    return create(recipe, overwrite);
  }

  /** Why a directory cannot be gone on with; empty if it can. */
  private static Optional<String> obstacle(Path root, RecipeConfig recipe) {
    if (!Files.exists(root.resolve(CONFIG))) {
      return Optional.of("holds no run");
    }
    if (Files.exists(root.resolve(FINISHED))) {
      return Optional.of("holds a finished run");
    }
    if (!Files.isDirectory(root.resolve(CHECKPOINTS)) && !Files.isDirectory(root.resolve(STAGES))) {
      return Optional.of("holds a run without checkpoints");
    }
    try {
      String stored = RecipeConfig.parse(Files.readString(root.resolve(CONFIG))).identity();
      return stored.equals(recipe.identity()) ? Optional.empty()
          : Optional.of(OTHER_RECIPE + difference(stored, recipe));
    } catch (InputException e) {
      return Optional.of(OTHER_RECIPE);
    } catch (IOException e) {
      return Optional.of("cannot be read (" + e.getMessage() + ")");
    }
  }

  private static String difference(String stored, RecipeConfig recipe) {
    Set<String> before = stored.lines().collect(Collectors.toSet());
    List<String> now = recipe.identity().lines().filter(line -> !before.contains(line)).map(String::strip).toList();
    return now.isEmpty() ? "" : " (now " + String.join(", ", now.subList(0, Math.min(3, now.size()))) + ")";
  }

  private static String resolved(RecipeConfig recipe) {
    return "# sha256 " + recipe.hash() + "\n" + recipe.resolvedYaml();
  }

  /** The directory of a recipe's run: {@code run_dir/name}. */
  public static RunDirectory create(RecipeConfig recipe, boolean overwrite) {
    return create(recipe.runDirectory(), recipe, overwrite);
  }

  /**
   * Starts a new run in place of one that never finished.
   *
   * @param overwrite whether a finished run may be replaced as well
   * @throws InputException if the directory holds a finished run, or something that is no run at all
   */
  public static RunDirectory create(Path root, RecipeConfig recipe, boolean overwrite) {
    try {
      settle(root);
      check(root, overwrite);
      if (Files.exists(root)) {
        AtomicFiles.move(root, former(root));
      }
      Files.createDirectories(root);
      AtomicFiles.writeText(root.resolve(CONFIG), resolved(recipe));
      if (Files.exists(former(root).resolve(CLUSTER))) {
        // Role nodes may have outlived the run that is replaced.
        Files.copy(former(root).resolve(CLUSTER), root.resolve(CLUSTER));
      }
      return new RunDirectory(root, false);
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static Path former(Path root) {
    return root.resolveSibling("." + root.getFileName() + ".former");
  }

  /** Decides what an interrupted run has left open: a finished run comes back, anything older than the rest goes. */
  private static void settle(Path root) throws IOException {
    Path former = former(root);
    if (Files.exists(former.resolve(FINISHED)) && !Files.exists(root.resolve(FINISHED))) {
      AtomicFiles.deleteTree(root);
      AtomicFiles.move(former, root);
    }
    AtomicFiles.deleteTree(former);
  }

  private static void check(Path root, boolean overwrite) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    if (!Files.isDirectory(root)) {
      throw InputException.in(root, "is a file, must be a directory for the run");
    }
    try (Stream<Path> content = Files.list(root)) {
      if (content.findAny().isEmpty()) {
        return;
      }
    }
    if (!Files.exists(root.resolve(CONFIG))) {
      throw InputException.in(root, "holds files but no run, choose another name or run_dir");
    }
    if (Files.exists(root.resolve(FINISHED)) && !overwrite) {
      throw InputException.in(root, "holds a finished run, choose another name or give --overwrite");
    }
  }

  public Path root() {
    return root;
  }

  /** Whether the run in that directory is complete. */
  public static boolean isFinished(Path root) {
    return Files.exists(root.resolve(FINISHED));
  }

  /** Where the nodes of the run's cluster are, for a coordinator that is started again. */
  public Path clusterFile() {
    return root.resolve(CLUSTER);
  }

  /** Whether this run goes on with what an interrupted one left. */
  public boolean continued() {
    return continued;
  }

  public Path logFile() {
    return root.resolve("run.log");
  }

  public Path checkpoints() {
    return root.resolve(CHECKPOINTS);
  }

  /** Where the trained model of a role goes; write it with {@link AtomicFiles#writeDirectory}. */
  public Path finalModel(String role) {
    return root.resolve("final").resolve(role);
  }

  /** Where {@link #metrics} are. */
  public Path metricsFile() {
    return root.resolve("metrics.jsonl");
  }

  public MetricsLog metrics() {
    return MetricsLog.open(metricsFile(), root.resolve("tensorboard"));
  }

  public JsonLines samples() {
    return JsonLines.open(root.resolve("samples.jsonl"));
  }

  /** Leaves the address at which this run can be asked what it does. */
  public void announce(String address) {
    announce(root, address);
  }

  /** Says in any run's directory at which address it answers. */
  public static void announce(Path root, String address) {
    try {
      AtomicFiles.writeText(root.resolve(NODE), address + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be written", e);
    }
  }

  /** Takes back what {@link #announce} said. */
  public static void silence(Path root) {
    try {
      Files.deleteIfExists(root.resolve(NODE));
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be written", e);
    }
  }

  /**
   * The address at which the run in a directory answers.
   *
   * @throws InputException if there is no run, it is finished, or it has not come to its cluster yet
   */
  public static String announced(Path root) {
    if (!Files.exists(root.resolve(CONFIG))) {
      throw InputException.in(root, "holds no run");
    }
    if (Files.exists(root.resolve(FINISHED))) {
      throw InputException.in(root, "holds a finished run, so there is nobody to ask");
    }
    try {
      return Files.readString(root.resolve(NODE)).strip();
    } catch (IOException e) {
      throw InputException.in(root, "holds a run that has not come to PPO, or to its cluster, yet");
    }
  }

  /** Removes this run and puts back what it was to replace. A run that has something to go on from stays. */
  public void discard() {
    try {
      if (continued || Files.exists(checkpoints()) || hasDoneStage()) {
        return;
      }
      AtomicFiles.deleteTree(root);
      if (Files.exists(former(root))) {
        AtomicFiles.move(former(root), root);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be removed", e);
    }
  }

  private boolean hasDoneStage() throws IOException {
    Path stages = root.resolve(STAGES);
    if (!Files.isDirectory(stages)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(stages)) {
      return entries.anyMatch(entry -> entry.toString().endsWith(DONE));
    }
  }

  /** Left by a stage that has come to its end: how long metrics.jsonl was then. */
  public Path doneFile(String stage) {
    return root.resolve(STAGES).resolve(stage + DONE);
  }

  /** Where a stage leaves its model. */
  public Path stage(String name) {
    return root.resolve(STAGES).resolve(name);
  }

  /** Marks the run as complete, which protects it from being overwritten, and removes the one that it replaces. */
  public void finish() {
    try {
      AtomicFiles.writeText(root.resolve(FINISHED), "");
      Files.deleteIfExists(root.resolve(NODE));
      AtomicFiles.deleteTree(checkpoints());
      AtomicFiles.deleteTree(former(root));
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be written", e);
    }
  }
}
