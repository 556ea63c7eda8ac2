package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.rpc.PeerUsage;
import io.rlhf4j.rpc.ProcessUsage;
import io.rlhf4j.tensor.KernelClock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much of an iteration happens outside kernels, for {@code metrics.jsonl}.
 *
 * <p>{@code cpu_s} is the processor time of all processes of the run, {@code kernel_cpu_s} the part of it inside
 * kernels, and {@code overhead} the share that is not: cluster, gRPC, Java between kernels, compiler and garbage
 * collector. {@code idle_share} is the share of the time during which no kernel was running anywhere in this process;
 * it is only there when kernels run in this process. Called on one thread after the other.
 */
final class OverheadClock {

  private long step = -1;
  private long began;
  private ProcessUsage usage = ProcessUsage.own();
  private KernelClock.Reading kernels = KernelClock.read();

  /** An iteration begins; later calls for the same one change nothing. */
  synchronized void begin(long iteration) {
    if (iteration != step) {
      step = iteration;
      began = System.nanoTime();
      usage = PeerUsage.total();
      kernels = KernelClock.read();
    }
  }

  /** Since the iteration began; empty if nobody said so. */
  synchronized Map<String, Double> since(long iteration) {
    Map<String, Double> values = new LinkedHashMap<>();
    if (iteration != step) {
      return values;
    }
    step = -1;
    ProcessUsage used = PeerUsage.total();
    KernelClock.Reading now = KernelClock.read();
    double cpu = (used.cpuNanos() - usage.cpuNanos()) * 1e-9;
    double inKernels = (used.kernelNanos() - usage.kernelNanos()) * 1e-9;
    values.put("cpu_s", cpu);
    values.put("kernel_cpu_s", inKernels);
    values.put("overhead", 1 - inKernels / cpu);
    if (now.calls() > kernels.calls()) {
      values.put("kernel_calls", (double) (now.calls() - kernels.calls()));
      values.put("idle_share", 1 - (now.busyNanos() - kernels.busyNanos()) / (double) (System.nanoTime() - began));
    }
    return values;
  }
}
