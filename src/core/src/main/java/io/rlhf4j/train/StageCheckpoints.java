package io.rlhf4j.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a stage that trains one model with one optimiser: weights, moments, steps done and the stage's
 * notes. A trainer whose order of data and whose randomness depend on the seed and the step's number alone ends with
 * the same bytes whether it was interrupted or not:
 *
 * <pre>{@code
 * StageCheckpoints.Position start = checkpoints.restore(model.weights(), optimizer);
 * for (int step = start.step() + 1; step <= total; step++) {
 *   ... // forward, backward, optimizer.step(...)
 *   checkpoints.stepped(step, lastOfEpoch, model.weights(), optimizer, notes);
 * }
 * }</pre>
 */
public final class StageCheckpoints {

  private static final Logger LOG = LoggerFactory.getLogger(StageCheckpoints.class);
  private static final StageCheckpoints NONE = new StageCheckpoints(null, SaveConfig.never(), "");
  private static final String WEIGHTS = "weights.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String IDENTITY = "identity";

  private final @Nullable CheckpointStore store;
  private final @Nullable Path directory;
  private final SaveConfig config;
  private final String identity;

  private StageCheckpoints(@Nullable Path directory, SaveConfig config, String identity) {
    this.directory = directory;
    this.store = directory == null ? null : new CheckpointStore(directory, config.saveTotalLimit());
    this.config = config;
    this.identity = identity;
  }

  /**
   * Where training goes on.
   *
   * @param step steps done; 0 at the beginning
   * @param notes what {@link #stepped} was given at that step; empty at the beginning
   */
  public record Position(int step, ObjectNode notes) {}

  /** Keeps nothing and begins at the beginning. */
  public static StageCheckpoints none() {
    return NONE;
  }

  /**
   * @param directory of this stage's checkpoints
   * @param config how often to write, and how many to keep
   * @param identity what the checkpoints belong to, such as a hash of data and settings; those of another identity are
   *     refused
   */
  public static StageCheckpoints in(Path directory, SaveConfig config, String identity) {
    return new StageCheckpoints(directory, config, identity);
  }

  /**
   * Fills weights and moments from the newest checkpoint, if there is one.
   *
   * @throws InputException if it belongs to other data or settings, or does not fit the weights
   */
  public Position restore(Map<String, Tensor> weights, Optimizer optimizer) {
    StopRequest.heeded(keepsWhenStopped());
    Checkpoint found = store == null ? null : store.latest().orElse(null);
    if (found == null) {
      return new Position(0, JsonNodeFactory.instance.objectNode());
    }
    if (!found.progress().path(IDENTITY).asText().equals(identity)) {
      throw InputException.in(found.directory(),
          "belongs to other data or settings; use those again, or start anew with"
              + " --no-resume");
    }
    try (ModelWeights stored = ModelWeights.open(found.file(WEIGHTS))) {
      weights.forEach(stored::readInto);
    }
    optimizer.load(found.file(OPTIMIZER));
    ObjectNode notes = found.progress().deepCopy();
    notes.remove(IDENTITY);
    return new Position(Math.toIntExact(found.step()), notes);
  }

  /**
   * Writes a checkpoint if the configuration asks for one after this step, or because the process was told to end.
   *
   * @param step optimiser steps done
   * @param epochEnded whether this step was the last of a pass over the data
   * @param notes asked only if a checkpoint is written
   * @throws StoppedEarly after a {@link StopRequest}
   */
  public void stepped(int step, boolean epochEnded, Map<String, Tensor> weights, Optimizer optimizer,
      Supplier<ObjectNode> notes) {
    boolean stopping = keepsWhenStopped() && StopRequest.isAsked();
    if (store != null && (stopping || config.savesAfter(step, epochEnded))) {
      ObjectNode progress = notes.get().put(IDENTITY, identity);
      store.write(step, progress, directory -> {
        SafetensorsWriter.write(directory.resolve(WEIGHTS), weights, StoredType.F32, Map.of());
        optimizer.save(directory.resolve(OPTIMIZER));
      });
    }
    if (stopping) {
      throw new StoppedEarly();
    }
  }

  private boolean keepsWhenStopped() {
    return store != null && config.savesWhenStopped();
  }

  /**
   * Turns the weights at the end of a training into their mean with those of the newest checkpoints before it, if the
   * configuration asks for that (Llama 3 averages the models of a stage in this way). Of adapters, each factor is
   * averaged for itself.
   *
   * @param step optimiser steps done
   */
  public void average(int step, Map<String, Tensor> weights) {
    int states = config.averageCheckpoints();
    if (store == null || states == 1) {
      return;
    }
    List<Checkpoint> earlier = store.newestBefore(step, states - 1);
    if (earlier.size() < states - 1) {
      LOG.warn("average_checkpoints: is {}, but there are {} checkpoints before the last step ({}): the mean is over {}"
          + " states", states, earlier.size(), step, earlier.size() + 1);
    }
    for (int i = 0; i < earlier.size(); i++) {
      follow(weights, earlier.get(i), 1.0 / (i + 2));
    }
  }

  /** {@code w += share * (c - w)}, one weight at a time, so that only one of them is there twice. */
  private static void follow(Map<String, Tensor> weights, Checkpoint checkpoint, double share) {
    try (ModelWeights stored = ModelWeights.open(checkpoint.file(WEIGHTS));
        GradientScope paused = GradientScope.paused()) {
      weights.forEach((name, weight) -> {
        try (MemoryScope ignored = MemoryScope.open()) {
          Tensor then = Kernels.tensor("clone", weight);
          stored.readInto(name, then);
          Kernels.run("follow_", List.of(weight), List.of(then), share);
        }
      });
    }
  }

  /**
   * A choice that a training makes once, so that it makes the same one when it goes on.
   *
   * @param name of the choice, a word
   * @param choice asked if there is none from before
   */
  public int settled(String name, IntSupplier choice) {
    if (directory == null) {
      return choice.getAsInt();
    }
    Path choices = beside("choices").orElseThrow();
    Path file = choices.resolve(name);
    try {
      if (Files.exists(file)) {
        return Integer.parseInt(Files.readString(file).strip());
      }
      int chosen = choice.getAsInt();
      Files.createDirectories(choices);
      AtomicFiles.writeText(file, chosen + "\n");
      return chosen;
    } catch (NumberFormatException e) {
      throw InputException.in(file, "is damaged, must hold one number; start anew with --no-resume");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot keep " + file, e);
    }
  }

  /** Whether there is something to go on from; nothing is verified. */
  public boolean isEmpty() {
    return store == null || store.isEmpty();
  }

  /** A directory beside the checkpoints for the stage's best weights; empty if nothing is kept. */
  public Optional<Path> bestDirectory() {
    return beside("best");
  }

  /** A directory beside the checkpoints for something else of this stage; empty if nothing is kept. */
  public Optional<Path> beside(String what) {
    return Optional.ofNullable(directory).map(path -> path.resolveSibling(path.getFileName() + "-" + what));
  }

  /** Deletes the checkpoints once the stage's result is on disk. */
  public void clear() {
    StopRequest.heeded(false);
    if (store != null) {
      store.clear();
      Path choices = beside("choices").orElseThrow();
      try {
        AtomicFiles.deleteTree(choices);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + choices, e);
      }
    }
  }
}
