package io.rlhf4j.telemetry;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far a stage is: a bar that is drawn over on a terminal, a line now and then elsewhere. Used by one thread.
 *
 * <pre>
 * sft [############------------]  50/100  8.3/s  0:06 left  loss 2.310
 * </pre>
 */
public final class Progress implements AutoCloseable {

  private static final int BAR_WIDTH = 24;
  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration LINE_EVERY = Duration.ofSeconds(10);

  private final String stage;
  private final long total;
  private final Terminal terminal;
  private final LongSupplier nanoClock;
  private final long startNanos;

  private long done;
  private long shownNanos;
  private int shownLength;
  private String note = "";

  Progress(String stage, long total, Terminal terminal, LongSupplier nanoClock) {
    this.stage = stage;
    this.total = total;
    this.terminal = terminal;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.shownNanos = startNanos;
    show();
  }

  /** Shows a stage of {@code total} steps on standard error. */
  public static Progress start(String stage, long total) {
    return new Progress(stage, total, Terminal.system(), System::nanoTime);
  }

  /** One more step is done. */
  public void advance(String note) {
    advance(1, note);
  }

  /** @param note short text at the end of the line, for example the loss */
  public void advance(long steps, String note) {
    this.done += steps;
    this.note = note;
    Duration pause = terminal.interactive() ? REDRAW : LINE_EVERY;
    if (nanoClock.getAsLong() - shownNanos >= pause.toNanos()) {
      show();
    }
  }

  /** Shows a line that stays, above the bar where there is one. */
  public void remark(String line) {
    print(line, true);
    if (terminal.interactive()) {
      show();
    }
  }

  /** Ends the display with one line that stays. */
  @Override
  public void close() {
    String end = "%s: %d of %d in %s, %s".formatted(stage, done, total, clock(elapsed()), rate());
    print(join(end, note), true);
  }

  private void show() {
    shownNanos = nanoClock.getAsLong();
    String counted = "%s %s  %d/%d".formatted(stage, bar(), done, total);
    print(done == 0 ? counted : join(counted, rate(), clock(left()) + " left", note), !terminal.interactive());
  }

  private void print(String line, boolean stays) {
    String padded = terminal.interactive() ? "\r" + line + " ".repeat(Math.max(0, shownLength - line.length())) : line;
    terminal.out().print(stays ? padded + System.lineSeparator() : padded);
    terminal.out().flush();
    shownLength = stays ? 0 : line.length();
  }

  private String bar() {
    int filled = total == 0 ? BAR_WIDTH : (int) (BAR_WIDTH * Math.min(done, total) / total);
    return "[" + "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled) + "]";
  }

  private Duration elapsed() {
    return Duration.ofNanos(nanoClock.getAsLong() - startNanos);
  }

  private Duration left() {
    long remaining = Math.max(0, total - done);
    return Duration.ofNanos((long) ((double) elapsed().toNanos() / done * remaining));
  }

  /** Steps per second, or seconds per step where that reads better. */
  private String rate() {
    double seconds = Math.max(elapsed().toNanos(), 1) / 1e9;
    double perSecond = done / seconds;
    return perSecond >= 1 || done == 0 ? String.format(Locale.ROOT, "%.1f/s", perSecond)
        : String.format(Locale.ROOT, "%.1f s each", 1 / perSecond);
  }

  private static String clock(Duration time) {
    long seconds = Math.round(time.toMillis() / 1000.0);
    return seconds < 3600 ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  private static String join(String... parts) {
    return String.join("  ", parts).stripTrailing();
  }
}
