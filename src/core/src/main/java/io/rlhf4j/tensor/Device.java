package io.rlhf4j.tensor;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where tensors are and kernels run: {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:1}.
 *
 * <p>Each thread has a device, at first the CPU. Tensors that Java makes on a thread are made there, and kernels run
 * where their inputs are, so a role whose thread was given a device computes on it without naming it anywhere. What
 * Java reads, and what files hold, goes through main memory.
 *
 * @param kind as libtorch calls it
 * @param index which of the devices of that kind, from 0
 */
public record Device(String kind, int index) {

  public static final Device CPU = new Device("cpu", 0);

  private static final String CUDA = "cuda";

  /** More than any machine has, so that counting ends. */
  private static final int MOST = 64;

  private static final ThreadLocal<Device> CURRENT = ThreadLocal.withInitial(() -> CPU);

  /**
   * A device of this machine.
   *
   * @param key who asks for it, the start of an error line
   * @param name for example {@code cuda:1}
   * @throws InputException naming the devices that there are, if this is none of them
   */
  public static Device named(String key, String name) {
    Device device = parse(key, name);
    if (!device.works()) {
      throw InputException.key(key, "is " + name + ", must be a device that libtorch finds on this machine: "
          + String.join(", ", present()));
    }
    return device;
  }

  private static Device parse(String key, String name) {
    if (name.equals(CPU.kind)) {
      return CPU;
    }
    if (!name.matches("cuda(:\\d{1,2})?")) {
      throw InputException.key(key, "is " + name + ", must be cpu, cuda or cuda:N");
    }
    return new Device(CUDA, name.equals(CUDA) ? 0 : Integer.parseInt(name.substring(CUDA.length() + 1)));
  }

  /** Names of the devices that work here; the CPU is the first. */
  static List<String> present() {
    List<String> names = new ArrayList<>(List.of(CPU.toString()));
    for (int i = 0; i < MOST && new Device(CUDA, i).works(); i++) {
      names.add(new Device(CUDA, i).toString());
    }
    return names;
  }

  /** Whether libtorch can add two numbers there. */
  private boolean works() {
    if (isCpu()) {
      return true;
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      return Kernels.tensor("computes", toString()).item() == 2;
    } catch (KernelException absent) {
      return false;
    }
  }

  /** The calling thread's device. */
  public static Device current() {
    return CURRENT.get();
  }

  /** Gives the calling thread this device, until it is given another. */
  public void use() {
    CURRENT.set(this);
  }

  /** Whether tensors there are in main memory. */
  public boolean isCpu() {
    return kind.equals(CPU.kind);
  }

  /** As libtorch and recipes write it. */
  @Override
  public String toString() {
    return isCpu() ? kind : kind + ":" + index;
  }
}
