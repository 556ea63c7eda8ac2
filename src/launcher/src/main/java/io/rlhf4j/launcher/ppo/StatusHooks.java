package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Passes every hook on, and tells those who ask for the status what the run is doing. */
final class StatusHooks implements PpoHooks {

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
    hooks.progress(step, phase, done, total);
  }

  @Override
  public void iteration(IterationReport report) {
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
