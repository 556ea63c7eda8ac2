package io.rlhf4j.rpc;

import io.rlhf4j.trust.NodeTrust;
import java.nio.file.Path;

/**
 * Where a role's server listens and what it may use.
 *
 * @param host address to bind, also what is announced to others
 * @param port TCP port; 0 takes a free one
 * @param workDirectory where received models are kept while they are in use
 * @param limits what a peer may ask this process to hold
 * @param trust what protects it
 * @param device what a user is told that the role computes on until its recipe says so; {@code -} if only that knows
 */
public record RoleBinding(String host, int port, Path workDirectory, RpcLimits limits, NodeTrust trust,
    String device) {

  /** For this machine only. */
  public RoleBinding(String host, int port, Path workDirectory, RpcLimits limits) {
    this(host, port, workDirectory, limits, NodeTrust.LOOPBACK_ONLY);
  }

  /** With the device that its recipe names. */
  public RoleBinding(String host, int port, Path workDirectory, RpcLimits limits, NodeTrust trust) {
    this(host, port, workDirectory, limits, trust, "-");
  }

  /** Loopback, any free port, default limits. */
  public static RoleBinding loopback(Path workDirectory) {
    return new RoleBinding(RpcServer.LOOPBACK, 0, workDirectory, RpcLimits.DEFAULT);
  }
}
