package io.rlhf4j.telemetry;

/**
 * What every process measures, for the Prometheus endpoint. There, dots are underscores, durations end in
 * {@code _seconds} and counters in {@code _total}.
 */
public final class MeterNames {

  /** Time of a gRPC call as its caller sees it; tags method and code. */
  public static final String CLIENT_CALLS = "rlhf.grpc.client.duration";
  /** Time of a gRPC call as its server sees it; tags method and code. */
  public static final String SERVER_CALLS = "rlhf.grpc.server.duration";
  /** Time that a role worked at one request; tag role. */
  public static final String ROLE_WORK = "rlhf.role.work.duration";
  /** Processor time inside kernels, of this process. */
  public static final String KERNELS = "rlhf.kernel.cpu.time";
  /** Time that an iteration stayed in a phase, and that of evaluations and checkpoints beside it; tag phase. */
  public static final String PHASES = "rlhf.ppo.phase.duration";
  /** Iterations done, of this process. */
  public static final String ITERATIONS = "rlhf.ppo.iterations";
  /** The step under way, from 1. */
  public static final String STEP = "rlhf.ppo.step";
  /** What metrics.jsonl has of the last iteration; tag name. */
  public static final String VALUES = "rlhf.ppo.value";
  /** How often a role had to be found again; tag role. */
  public static final String REPLACEMENTS = "rlhf.role.replacements";
  /** What happened to members: up, left, removed, unreachable, reachable; tag event. */
  public static final String CLUSTER_EVENTS = "rlhf.cluster.events";
  /** Members that are up. */
  public static final String CLUSTER_MEMBERS = "rlhf.cluster.members";

  private MeterNames() {}
}
