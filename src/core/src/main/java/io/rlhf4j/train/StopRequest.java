package io.rlhf4j.train;

/**
 * Whether this process was told to end. A training that keeps {@link StageCheckpoints} heeds it after its current step,
 * whoever started it; signals come to a process, not to a stage, and so does this. Any thread may call.
 */
public final class StopRequest {

  private static volatile boolean asked;
  private static volatile boolean heeded;

  private StopRequest() {}

  /** The training under way leaves a checkpoint and ends with {@link StoppedEarly}. */
  public static void ask() {
    asked = true;
  }

  /** Whether a training is under way that would answer {@link #ask}. */
  public static boolean isHeeded() {
    return heeded;
  }

  /** As if nobody had asked and nothing were under way. */
  public static void forget() {
    asked = false;
    heeded = false;
  }

  /** Whether {@link #ask} was called. */
  public static boolean isAsked() {
    return asked;
  }

  static void heeded(boolean underWay) {
    heeded = underWay;
  }
}
