package io.rlhf4j.rpc;

import java.nio.file.Path;

/**
 * Builds the plain object behind a role from what a Prepare call brought.
 *
 * @param <R> the role's interface
 */
@FunctionalInterface
public interface RoleFactory<R extends AutoCloseable> {

  /**
   * @param modelDirectory Hugging Face directory, stays in place until the role is closed
   * @param settingsJson the role's settings, a JSON object
   * @throws Exception what is wrong; an {@link io.rlhf4j.config.InputException} reaches the user as it is
   */
  R create(Path modelDirectory, String settingsJson) throws Exception;
}
