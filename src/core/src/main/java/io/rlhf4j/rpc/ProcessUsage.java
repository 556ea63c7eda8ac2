package io.rlhf4j.rpc;

import com.sun.management.OperatingSystemMXBean;
import io.rlhf4j.tensor.KernelClock;
import java.lang.management.ManagementFactory;
import java.util.UUID;

/**
 * Processor time since a process began.
 *
 * @param process random name of the process
 * @param cpuNanos of all its threads
 * @param kernelNanos the part of it inside kernels
 */
public record ProcessUsage(String process, long cpuNanos, long kernelNanos) {

  private static final String OWN = UUID.randomUUID().toString();

  /** Of this process, now. */
  public static ProcessUsage own() {
    long cpu = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime() : 0;
    return new ProcessUsage(OWN, cpu, KernelClock.read().cpuNanos());
  }
}
