package io.rlhf4j.telemetry;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Where a run leaves its results.
 *
 * <pre>
 * config.yaml      the recipe with every default, and its hash
 * metrics.jsonl    one object per step
 * samples.jsonl    prompts with their answers
 * run.log          everything that was logged
 * checkpoints/     states to resume from
 * final/ROLE/      trained models in Hugging Face layout
 * finished         there once the run is complete
 * </pre>
 *
 * <p>A run that is replaced waits beside the new one, as {@code .NAME.former}, until the new one is complete: wrong
 * input never costs a finished run.
 */
public final class RunDirectory {

  private static final String CONFIG = "config.yaml";
  private static final String FINISHED = "finished";

  private final Path root;

  private RunDirectory(Path root) {
    this.root = root;
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
      AtomicFiles.writeText(root.resolve(CONFIG), "# sha256 " + recipe.hash() + "\n" + recipe.resolvedYaml());
      return new RunDirectory(root);
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

  public Path logFile() {
    return root.resolve("run.log");
  }

  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** Where the trained model of a role goes; write it with {@link AtomicFiles#writeDirectory}. */
  public Path finalModel(String role) {
    return root.resolve("final").resolve(role);
  }

  public MetricsLog metrics() {
    return MetricsLog.open(root.resolve("metrics.jsonl"));
  }

  public JsonLines samples() {
    return JsonLines.open(root.resolve("samples.jsonl"));
  }

  /** Removes this run and puts back what it was to replace. */
  public void discard() {
    try {
      AtomicFiles.deleteTree(root);
      if (Files.exists(former(root))) {
        AtomicFiles.move(former(root), root);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be removed", e);
    }
  }

  /** Marks the run as complete, which protects it from being overwritten, and removes the one that it replaces. */
  public void finish() {
    try {
      AtomicFiles.writeText(root.resolve(FINISHED), "");
      AtomicFiles.deleteTree(former(root));
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be written", e);
    }
  }
}
