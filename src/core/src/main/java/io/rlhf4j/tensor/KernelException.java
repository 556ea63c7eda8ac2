package io.rlhf4j.tensor;

/** A kernel failed; the message ends with libtorch's own, which names the kernel's source line. */
public final class KernelException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  KernelException(String kernel, Throwable cause) {
    super("kernel " + kernel + ": " + cause.getMessage(), cause);
  }

  KernelException(String kernel, String problem) {
    super("kernel " + kernel + " " + problem);
  }
}
