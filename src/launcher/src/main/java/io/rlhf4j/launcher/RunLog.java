package io.rlhf4j.launcher;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** Where log lines go: warnings to standard error, everything from INFO on to a file of the run. */
public final class RunLog implements AutoCloseable {

  private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5level %logger{24} [%thread] %msg%n";

  private final Logger root;
  private final Appender<ILoggingEvent> file;

  private RunLog(Logger root, Appender<ILoggingEvent> file) {
    this.root = root;
    this.file = file;
  }

  /** Sets the levels at the start of a command; {@code debug} also shows INFO on standard error. */
  static void start(boolean debug) {
    Logger root = root();
    Appender<ILoggingEvent> stderr = root.getAppender("STDERR");
    if (stderr == null) {
      return;
    }
    var threshold = new ThresholdFilter();
    threshold.setLevel(debug ? "INFO" : "WARN");
    threshold.start();
    stderr.clearAllFilters();
    stderr.addFilter(threshold);
    context().getLogger("io.rlhf4j").setLevel(debug ? Level.DEBUG : Level.INFO);
  }

  /** Nothing of a library is logged until closed: for a guest in a cluster whose leaving is no news. */
  static Silence silence(String library) {
    Logger logger = context().getLogger(library);
    Level before = logger.getLevel();
    logger.setLevel(Level.OFF);
    return () -> logger.setLevel(before);
  }

  /** Until closed. */
  @FunctionalInterface
  interface Silence extends AutoCloseable {
    @Override
    void close();
  }

  /** From now on everything is written to a file as well, until closed. */
  public static RunLog to(Path logFile) {
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(context());
    encoder.setPattern(PATTERN);
    encoder.start();
    var appender = new FileAppender<ILoggingEvent>();
    appender.setContext(context());
    appender.setFile(logFile.toString());
    appender.setEncoder(encoder);
    appender.start();
    root().addAppender(appender);
    return new RunLog(root(), appender);
  }

  @Override
  public void close() {
    root.detachAppender(file);
    file.stop();
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }

  private static Logger root() {
    return context().getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
