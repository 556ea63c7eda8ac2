package io.rlhf4j.model;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** How large the machine is. */
final class MachineMemory {

  private MachineMemory() {}

  /** Memory of the machine or, in a container with a limit, of that; more than any model needs if it is not known. */
  static long bytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize() : Long.MAX_VALUE;
  }
}
