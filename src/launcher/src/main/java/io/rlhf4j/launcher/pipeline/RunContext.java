package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.RunDirectory;
import io.rlhf4j.telemetry.RunLease;
import io.rlhf4j.tensor.Compute;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What every stage of a run works with.
 *
 * @param recipe the resolved recipe
 * @param run where results go
 * @param data the data files; those of the built-in task if the recipe names one
 * @param task the built-in task, which judges answers for reports only
 * @param metrics one line for each step of each stage
 * @param lease the right to change the run directory
 */
public record RunContext(RecipeConfig recipe, RunDirectory run, DataConfig data, Optional<Task> task,
    MetricsLog metrics, RunLease lease) implements AutoCloseable {

  /**
   * Creates the run directory, and in it the task's data files if the recipe names a task; or goes on with what an
   * interrupted run of the same recipe left.
   *
   * @param lease of the run directory; stays open
   */
  public static RunContext open(RecipeConfig recipe, boolean overwrite, RunDirectory.Resume resume, RunLease lease) {
    Optional<Task> task = Optional.ofNullable(recipe.task()).map(Task::named);
    RunDirectory run = RunDirectory.open(recipe, overwrite, resume);
    shareCores(recipe);
    try {
      DataConfig data = task.map(found -> generate(found, recipe, run)).orElse(recipe.data());
      return new RunContext(recipe, run, data, task, run.metrics(), lease);
    } catch (RuntimeException e) {
      if (!run.continued()) {
        run.discard();
      }
      throw e;
    }
  }

  /** Gives every role {@code threads} CPU threads; as many roles compute at once as the cores allow. */
  public static void shareCores(RecipeConfig recipe) {
    int cores = Runtime.getRuntime().availableProcessors();
    int threads = recipe.threads() > 0 ? recipe.threads() : cores;
    Compute.configure(threads, Math.max(1, cores / threads));
  }

  /** Where a stage leaves its model. */
  public Path stage(String name) {
    return run.stage(name);
  }

  /**
   * How long metrics.jsonl was when a stage was done; empty if the stage has not come to its end. Nothing of it is done
   * again then.
   */
  OptionalLong done(String stage) {
    try {
      Path file = run.doneFile(stage);
      return Files.exists(file) ? OptionalLong.of(Long.parseLong(Files.readString(file).strip()))
          : OptionalLong.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Remembers that a stage has come to its end. */
  void markDone(String stage) {
    try {
      AtomicFiles.writeText(run.doneFile(stage), metrics.mark() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + run.doneFile(stage), e);
    }
  }

  /** Writes the task's files; those that the recipe names itself are used in their place. */
  private static DataConfig generate(Task task, RecipeConfig recipe, RunDirectory run) {
    Path directory = run.root().resolve("data");
    DataConfig given = recipe.data();
    boolean complete = Stream.of(given.sft(), given.preferenceTrain(), given.preferenceTest(), given.promptsTrain(),
        given.promptsTest()).allMatch(Objects::nonNull);
    if (complete) {
      return given;
    }
    task.generate(directory, recipe.seed());
    return given.withFiles(either(given.sft(), TaskFile.SFT.in(directory)),
        either(given.preferenceTrain(), TaskFile.PREFERENCE_TRAIN.in(directory)),
        either(given.preferenceTest(), TaskFile.PREFERENCE_TEST.in(directory)),
        either(given.promptsTrain(), TaskFile.PROMPTS_TRAIN.in(directory)),
        either(given.promptsTest(), TaskFile.PROMPTS_TEST.in(directory)));
  }

  private static Path either(@Nullable Path given, Path generated) {
    return given == null ? generated : given;
  }

  @Override
  public void close() {
    metrics.close();
  }
}
