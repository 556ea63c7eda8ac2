package io.rlhf4j.checkpoint;

import java.nio.file.Path;

/**
 * A checkpoint whose files are all there and undamaged.
 *
 * @param directory where it is
 * @param step steps that were finished when it was written
 * @param configHash what the writer said about its configuration
 */
public record Checkpoint(Path directory, long step, String configHash) {}
