package io.rlhf4j.launcher.bench.stream;

import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;

/**
 * What {@code rlhf bench stream} measured.
 *
 * @param bytes that travelled each time
 * @param heap of each of the two JVMs, as Java's option has it
 * @param cores of this machine, which both share
 * @param senderPeakBytes the most memory that the calling process held, 0 if unknown
 * @param receiverPeakBytes the same of the process with the role
 * @param ways one row for each way
 */
record StreamReport(long bytes, String heap, int cores, long senderPeakBytes, long receiverPeakBytes, List<Row> ways) {

  /**
   * Medians over rounds that took turns.
   *
   * @param way how the bytes travelled
   * @param rounds how often
   * @param bytesPerSecond from the call to its return
   * @param slowest the slowest round
   * @param fastest the fastest round
   * @param shareOfFiles rate over that of a plain socket between files in the same round
   * @param cpuSecondsPerGigabyte of both processes together
   */
  record Row(String way, int rounds, double bytesPerSecond, double slowest, double fastest, double shareOfFiles,
      double cpuSecondsPerGigabyte) {}

  String toText() {
    TextTable table = new TextTable("", "GB/s", "slowest", "fastest", "of files by socket", "CPU s/GB");
    for (Row row : ways) {
      table.row(row.way(), gigabytes(row.bytesPerSecond()), gigabytes(row.slowest()), gigabytes(row.fastest()),
          String.format(Locale.ROOT, "%.2f", row.shareOfFiles()),
          String.format(Locale.ROOT, "%.2f", row.cpuSecondsPerGigabyte()));
    }
    return String.format(Locale.ROOT, "%.2f GB between two JVMs with -Xmx%s each, loopback, %d cores, %d rounds in turn"
        + "%n%n%s%nat most %.0f MB resident in the sender, %.0f MB in the receiver%n", bytes / 1e9, heap, cores,
        ways.getFirst().rounds(), table, senderPeakBytes / 1e6, receiverPeakBytes / 1e6);
  }

  private static String gigabytes(double bytesPerSecond) {
    return String.format(Locale.ROOT, "%.2f", bytesPerSecond / 1e9);
  }
}
