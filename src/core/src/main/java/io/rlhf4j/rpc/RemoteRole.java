package io.rlhf4j.rpc;

import io.grpc.MethodDescriptor;
import io.rlhf4j.proto.v1.PrepareReply;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.nio.file.Path;

/**
 * Client of one role. Subclasses also implement the role's own interface, so callers need not know that it is remote.
 */
public abstract class RemoteRole implements AutoCloseable {

  /** The connection; closed with this. */
  protected final RoleClient client;

  private final MethodDescriptor<PrepareRequest, PrepareReply> prepareMethod;

  /** @param prepareMethod the Prepare call of the role's service */
  protected RemoteRole(RoleClient client, MethodDescriptor<PrepareRequest, PrepareReply> prepareMethod) {
    this.client = client;
    this.prepareMethod = prepareMethod;
  }

  /** Where the role answers. */
  public final Endpoint endpoint() {
    return client.endpoint();
  }

  /**
   * Hands model and settings to the role; every other call needs this first.
   *
   * @param modelDirectory local Hugging Face directory, uploaded as it is
   * @param settingsJson the role's settings, a JSON object
   */
  public final void prepare(Path modelDirectory, String settingsJson) {
    client.prepare(prepareMethod, modelDirectory, settingsJson);
  }

  @Override
  public final void close() {
    client.close();
  }
}
