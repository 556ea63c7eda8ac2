package io.rlhf4j.rpc;

/**
 * Where a role answers gRPC calls.
 *
 * @param role which role
 * @param host name or address that the coordinator can reach
 * @param port TCP port
 */
public record Endpoint(RoleName role, String host, int port) {

  /** {@code "critic at 127.0.0.1:4711"}, the start of every error line about it. */
  @Override
  public String toString() {
    return role.label() + " at " + host + ":" + port;
  }
}
