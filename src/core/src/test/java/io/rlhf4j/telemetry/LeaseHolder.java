package io.rlhf4j.telemetry;

import java.nio.file.Path;

/** Main class of child JVMs: {@code LeaseHolder RUN_DIRECTORY} holds the lease until it is killed or replaced. */
final class LeaseHolder {

  static final int REPLACED = 3;

  private LeaseHolder() {}

  public static void main(String[] args) throws InterruptedException {
    RunLease lease = RunLease.acquire(Path.of(args[0]), line -> {
      System.out.println(line);
      System.out.flush();
      Runtime.getRuntime().halt(REPLACED);
    });
    System.out.println("holds " + lease.run() + " " + lease.epoch());
    System.out.flush();
    Thread.sleep(Long.MAX_VALUE);
  }
}
