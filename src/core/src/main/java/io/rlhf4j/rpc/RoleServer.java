package io.rlhf4j.rpc;

import io.grpc.BindableService;
import java.util.function.Function;

/** One role, listening. Closing it ends calls in progress, closes the role and deletes its received model. */
public final class RoleServer implements AutoCloseable {

  /** Starts the server of one role; what a cluster node is told to host. */
  @FunctionalInterface
  public interface Starter {
    RoleServer start(RoleBinding binding);
  }

  private final Endpoint endpoint;
  private final RpcServer server;
  private final RoleSession<?> session;

  private RoleServer(Endpoint endpoint, RpcServer server, RoleSession<?> session) {
    this.endpoint = endpoint;
    this.server = server;
    this.session = session;
  }

  /**
   * @param service the role's gRPC service around a session
   * @throws io.rlhf4j.config.InputException if the address cannot be bound
   */
  public static <R extends AutoCloseable> RoleServer start(RoleName name, RoleFactory<R> factory, RoleBinding binding,
      Function<RoleSession<R>, BindableService> service) {
    RoleSession<R> session = new RoleSession<>(name, factory, binding);
    try {
      RpcServer server = RpcServer.start(binding.host(), binding.port(), binding.limits(), binding.trust(),
          service.apply(session));
      return new RoleServer(new Endpoint(name, binding.host(), server.port()), server, session);
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** Where it answers. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** What the role computes on; {@code -} before anybody has said so. */
  public String device() {
    return session.device();
  }

  /** One of: waiting for a model, working, ready. */
  public String state() {
    return session.state();
  }

  @Override
  public void close() {
    server.close();
    session.close();
  }
}
