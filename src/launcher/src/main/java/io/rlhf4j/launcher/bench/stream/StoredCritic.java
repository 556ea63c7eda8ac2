package io.rlhf4j.launcher.bench.stream;

import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A role that is nothing but the model directory it was given: saving links the files, so that only the way counts. */
record StoredCritic(Path model) implements CriticRole {

  @Override
  public void save(Path directory) {
    try (Stream<Path> files = Files.list(model)) {
      Files.createDirectories(directory);
      for (Path file : files.toList()) {
        Files.createLink(directory.resolve(file.getFileName()), file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot link the files of " + model, e);
    }
  }

  @Override
  public void checkpoint(Path directory) {
    save(directory);
  }

  @Override
  public List<float[]> values(List<TokenSequence> sequences) {
    throw new UnsupportedOperationException("only carries files");
  }

  @Override
  public Map<String, Double> update(long step, List<Experience> batch) {
    throw new UnsupportedOperationException("only carries files");
  }

  @Override
  public void close() {}
}
