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
   * Starts a new run. The rest of a run that never finished is removed.
   *
   * @param overwrite whether a finished run may be removed as well
   * @throws InputException if the directory holds a finished run, or something that is no run at all
   */
  public static RunDirectory create(Path root, RecipeConfig recipe, boolean overwrite) {
    try {
      clear(root, overwrite);
      Files.createDirectories(root);
      AtomicFiles.writeText(root.resolve(CONFIG), "# sha256 " + recipe.hash() + "\n" + recipe.resolvedYaml());
      return new RunDirectory(root);
    } catch (IOException e) {
      throw new InputException(root + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  private static void clear(Path root, boolean overwrite) throws IOException {
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
    AtomicFiles.deleteTree(root);
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

  /** Marks the run as complete, which protects it from being overwritten. */
  public void finish() {
    try {
      AtomicFiles.writeText(root.resolve(FINISHED), "");
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be written", e);
    }
  }
}
