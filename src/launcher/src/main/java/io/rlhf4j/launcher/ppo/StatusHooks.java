package io.rlhf4j.launcher.ppo;

import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Tag;
import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.telemetry.MeterNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Passes every hook on, and tells those who ask for the status what the run is doing. */
final class StatusHooks implements PpoHooks {

  /** Gauges belong to the process; a run that follows another goes on with the same ones. */
  private static final AtomicLong STEP = Metrics.gauge(MeterNames.STEP, new AtomicLong());
  private static final Map<String, AtomicReference<Double>> VALUES = new ConcurrentHashMap<>();

  private final PpoHooks hooks;
  private final String run;
  private final int iterations;
  private final List<String> wanted;
  private final Consumer<RunFacts> board;

  StatusHooks(PpoRunSpec spec, Consumer<RunFacts> board) {
    this.hooks = spec.hooks();
    this.run = spec.name();
    this.iterations = spec.schedule().iterations();
    this.wanted = spec.roles().stream().map(RoleName::label).sorted().toList();
    this.board = board;
    tell("preparing", 0, 0, 0);
  }

  private void tell(String phase, long step, int done, int total) {
    board.accept(new RunFacts(run, phase, step, iterations, done, total, wanted));
  }

  @Override
  public void ready(RoleSet roles) {
    hooks.ready(roles);
  }

  @Override
  public void evaluate(int finished, RoleSet roles) {
    tell("evaluating", finished, 0, 0);
    hooks.evaluate(finished, roles);
  }

  @Override
  public void progress(long step, String phase, int done, int total) {
    tell(phase, step + 1, done, total);
    STEP.set(step + 1);
    hooks.progress(step, phase, done, total);
  }

  @Override
  public void iteration(IterationReport report) {
    report.durations().forEach((phase, time) -> Metrics.timer(MeterNames.PHASES, "phase", phase).record(time));
    Metrics.counter(MeterNames.ITERATIONS).increment();
    report.metrics().forEach((name, value) -> VALUES.computeIfAbsent(name, key -> Metrics.gauge(MeterNames.VALUES,
        List.of(Tag.of("name", key)), new AtomicReference<>(value), AtomicReference::get)).set(value));
    hooks.iteration(report);
  }

  @Override
  public void save(Path directory) throws IOException {
    hooks.save(directory);
  }

  @Override
  public void restore(Optional<Path> directory) throws IOException {
    hooks.restore(directory);
  }

  @Override
  public void finished(RoleSet roles) {
    tell("saving", iterations, 0, 0);
    hooks.finished(roles);
  }
}
