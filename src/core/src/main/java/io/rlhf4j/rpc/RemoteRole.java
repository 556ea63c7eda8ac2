package io.rlhf4j.rpc;

import java.nio.file.Path;

/** Client of one role. It also implements the role's own interface, so callers need not know that it is remote. */
public interface RemoteRole extends AutoCloseable {

  /** Where the role answers. */
  Endpoint endpoint();

  /**
   * Hands model and settings to the role; every other call needs this first.
   *
   * @param modelDirectory local Hugging Face directory, uploaded as it is
   * @param settingsJson the role's settings, a JSON object
   */
  void prepare(Path modelDirectory, String settingsJson);

  @Override
  void close();
}
