package io.rlhf4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/**
 * A complete state of training on disk, verified when {@link CheckpointStore} found it.
 *
 * @param directory holds the files that the writer put there
 * @param step how far training had come, in the unit of the stage (optimiser steps, iterations)
 * @param progress what else the stage wrote down, as JSON
 */
public record Checkpoint(Path directory, long step, ObjectNode progress) {

  /** One of the checkpoint's files. */
  public Path file(String name) {
    return directory.resolve(name);
  }
}
