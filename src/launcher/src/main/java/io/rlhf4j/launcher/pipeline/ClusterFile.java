package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.cluster.FormerCluster;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Remembers in the run directory who is in the cluster: the next coordinator finds the roles that outlived one. */
public final class ClusterFile {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterFile.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private ClusterFile() {}

  public static FormerCluster read(Path file) {
    try {
      return Files.exists(file) ? JSON.readValue(file.toFile(), FormerCluster.class) : FormerCluster.NONE;
    } catch (IOException e) {
      LOG.warn("{}: cannot be read ({}), role nodes of a former coordinator have to be started again", file,
          e.getMessage().lines().findFirst().orElse(""));
      return FormerCluster.NONE;
    }
  }

  /** Nothing depends on it but the next coordinator, so a full disk is no reason to end the run here. */
  public static void write(Path file, FormerCluster now) {
    try {
      AtomicFiles.writeText(file, JSON.writeValueAsString(now) + "\n");
    } catch (IOException e) {
      LOG.warn("{}: cannot be written ({})", file, e.getMessage());
    }
  }
}
