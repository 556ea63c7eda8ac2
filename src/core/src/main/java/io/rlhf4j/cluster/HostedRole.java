package io.rlhf4j.cluster;

/**
 * A role as its own node describes it.
 *
 * @param role its label
 * @param endpoint {@code host:port} of its gRPC server
 * @param device what it computes on, for example {@code cpu}
 * @param state waiting for a model, ready or working
 */
public record HostedRole(String role, String endpoint, String device, String state) {}
