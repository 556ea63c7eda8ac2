package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.launcher.health.HealthMonitor;
import io.rlhf4j.launcher.health.Warning;
import io.rlhf4j.launcher.ppo.IterationReport;
import io.rlhf4j.launcher.ppo.PpoHooks;
import io.rlhf4j.launcher.ppo.RoleSet;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.JsonLines;
import io.rlhf4j.telemetry.MetricRow;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches a PPO run: progress on the terminal, metrics and samples on disk, evaluations, and the models at the end. */
final class PpoObserver implements PpoHooks, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PpoObserver.class);

  /** Under {@code final}. */
  static final String BEST_ACTOR = "best/actor";

  private final RunContext context;
  private final Evaluator evaluator;
  private final Tokenizer tokenizer;
  private final JsonLines samples;
  private final List<Evaluation> evaluations = new ArrayList<>();
  private HealthMonitor health = new HealthMonitor();
  private @Nullable Progress progress;
  private double firstRatioError = Double.NaN;
  private int finished;
  private BestEvaluation best = BestEvaluation.NONE;
  private final OverheadClock overhead = new OverheadClock();

  PpoObserver(RunContext context, Evaluator evaluator, Tokenizer tokenizer) {
    this.context = context;
    this.evaluator = evaluator;
    this.tokenizer = tokenizer;
    this.samples = context.run().samples();
  }

  @Override
  public void joined(String address) {
    context.run().announce(address);
  }

  @Override
  public void evaluate(int finished, RoleSet roles) {
    Evaluation evaluation = evaluator.run(roles);
    context.lease().check();
    evaluations.add(evaluation);
    Map<String, Double> metrics = new LinkedHashMap<>();
    evaluation.gold().ifPresent(gold -> metrics.put("gold", gold));
    metrics.put("reward", evaluation.reward());
    metrics.put("kl", evaluation.kl());
    metrics.put("tokens", evaluation.tokens());
    metrics.put("finished", evaluation.finished());
    context.metrics().log("eval", finished, metrics);
    if (context.recipe().ppo().evalSteps() > 0 && best.isBeatenBy(evaluation)) {
      best = BestEvaluation.of(finished, evaluation);
      save(BEST_ACTOR, roles.actor()::save);
    }
    if (finished == 0) {
      showProgress(0);
    }
  }

  @Override
  public void progress(long step, String phase, int done, int total) {
    overhead.begin(step);
  }

  @Override
  public void iteration(IterationReport report) {
    Map<String, Double> metrics = report.metrics();
    context.lease().check();
    finished = Math.toIntExact(report.step()) + 1;
    context.metrics().log(HealthMonitor.STAGE, report.step() + 1, metrics);
    Map<String, Double> seconds = new LinkedHashMap<>();
    report.durations().forEach((phase, time) -> seconds.put(phase + "_seconds", time.toMillis() / 1e3));
    seconds.putAll(overhead.since(report.step()));
    context.metrics().log("ppo-time", report.step() + 1, seconds);
    if (report.step() == 0) {
      firstRatioError = metrics.getOrDefault("ratio_first_update_error", Double.NaN);
    }
    for (Warning warning : health.observe(report.step() + 1, metrics)) {
      LOG.info("{}", warning.line());
      if (progress != null) {
        progress.remark(warning.line());
      }
    }
    report.scored().stream().limit(context.recipe().ppo().logSamples())
        .forEach(scored -> samples.append(sample(scored)));
    if (progress != null) {
      progress.advance(note(metrics));
    }
  }

  private void showProgress(int finished) {
    if (progress != null) {
      progress.close();
    }
    progress = Progress.start("ppo", context.recipe().ppo().iterations() - finished);
  }

  @Override
  public void save(Path directory) throws IOException {
    context.lease().check();
    new ObserverState(finished, firstRatioError, context.metrics().mark(), samples.mark(), best,
        evaluations.getFirst()).write(directory);
  }

  @Override
  public void restore(Optional<Path> directory) throws IOException {
    context.lease().check();
    evaluations.clear();
    if (directory.isEmpty()) {
      context.metrics().rewind(context.done(PpoPipeline.REWARD).orElse(0));
      samples.rewind(0);
      best = BestEvaluation.NONE;
      health = new HealthMonitor();
      return;
    }
    ObserverState state = ObserverState.read(directory.get());
    context.metrics().rewind(state.metricsBytes());
    samples.rewind(state.samplesBytes());
    health = HealthMonitor.after(MetricRow.read(context.run().metricsFile()));
    firstRatioError = state.firstRatioError();
    finished = state.finished();
    best = state.best();
    evaluations.add(state.before());
    showProgress(state.finished());
  }

  @Override
  public void finished(RoleSet roles) {
    context.lease().check();
    save("actor", roles.actor()::save);
    if (roles.critic() != null) {
      save("critic", roles.critic()::save);
    }
    write(Evaluation.BEFORE, evaluations.getFirst());
    write(Evaluation.AFTER, evaluations.getLast());
  }

  private void write(String name, Evaluation evaluation) {
    Path file = context.run().root().resolve(name);
    try {
      AtomicFiles.writeText(file, FileOutput.lines(evaluation.rows()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  PpoReport report() {
    return new PpoReport(evaluations.getFirst(), evaluations.getLast(), evaluator.best(), best, firstRatioError,
        health.warnings());
  }

  private void save(String role, AtomicFiles.DirectoryWriter writer) {
    try {
      AtomicFiles.writeDirectory(context.run().finalModel(role), writer);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + context.run().finalModel(role), e);
    }
  }

  private Map<String, Object> sample(ScoredRollout scored) {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put("step", scored.rollout().key().step() + 1);
    sample.put("prompt", tokenizer.decode(scored.rollout().prompt(), false));
    sample.put("response", tokenizer.decode(scored.rollout().response(), false));
    sample.put("reward", scored.score());
    double kl = 0;
    for (int t = 0; t < scored.policyLogProbs().length; t++) {
      kl += scored.policyLogProbs()[t] - scored.referenceLogProbs()[t];
    }
    sample.put("kl", kl);
    return sample;
  }

  private static String note(Map<String, Double> metrics) {
    return "reward %.2f  kl %.2f  length %.1f".formatted(metrics.getOrDefault("score_mean", Double.NaN),
        metrics.getOrDefault("kl", Double.NaN), metrics.getOrDefault("response_length", Double.NaN));
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
    samples.close();
  }
}
