package io.rlhf4j.launcher;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of commands over plain files begin with: the data of {@link TinyRun} and a random policy for them. */
abstract class TinyPolicyFixture {

  @TempDir
  Path directory;

  TinyRun tiny;
  Path model;

  @BeforeEach
  void writeModel() throws IOException {
    tiny = TinyRun.in(directory);
    model = TinyModels.policy(tiny, directory.resolve("model"));
  }
}
