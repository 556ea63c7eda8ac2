package io.rlhf4j.rpc;

import java.nio.file.Path;

/**
 * Where a role's server listens and what it may use.
 *
 * @param host address to bind, also what is announced to others
 * @param port TCP port; 0 takes a free one
 * @param workDirectory where received models are kept while they are in use
 * @param limits what a peer may ask this process to hold
 */
public record RoleBinding(String host, int port, Path workDirectory, RpcLimits limits) {

  /** Loopback, any free port, default limits. */
  public static RoleBinding loopback(Path workDirectory) {
    return new RoleBinding(RpcServer.LOOPBACK, 0, workDirectory, RpcLimits.DEFAULT);
  }
}
