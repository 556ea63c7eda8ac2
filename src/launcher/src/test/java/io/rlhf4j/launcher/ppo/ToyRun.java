package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.AdvantageOptions;
import io.rlhf4j.rl.ExperienceOptions;
import io.rlhf4j.rl.KlController;
import io.rlhf4j.rl.KlEstimator;
import io.rlhf4j.rl.MissingEos;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.RewardShaping;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Fence;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;

/** Three iterations of 14 rollouts in chunks of 4 with toy roles and the real experience; remembers its hooks. */
final class ToyRun implements PpoHooks {

  private final List<String> calls = new ArrayList<>();
  private final List<IterationReport> reports = new ArrayList<>();
  private final Path saved;
  private final int failingEvaluation;
  private IntConsumer disturbance = finished -> {};

  ToyRun(Path saved) {
    this(saved, -1);
  }

  ToyRun(Path saved, int failingEvaluation) {
    this.saved = saved;
    this.failingEvaluation = failingEvaluation;
  }

  /** The same with something that happens at each evaluation. */
  PpoRunSpec spec(Path model, Map<RoleName, String> settings, Placement placement, IntConsumer disturbance) {
    this.disturbance = disturbance;
    return spec(model, settings, placement);
  }

  PpoRunSpec spec(Path model, Map<RoleName, String> settings, Placement placement) {
    Map<RoleName, RoleModel> models = new EnumMap<>(RoleName.class);
    for (RoleName role : RoleName.values()) {
      models.put(role, new RoleModel(model, settings.getOrDefault(role, "{}")));
    }
    ExperienceOptions options = new ExperienceOptions(new KlController.Adaptive(0.05, 6, 1000), KlEstimator.K1, false,
        AdvantageOptions.gae(1, 0.95, true),
        new RewardShaping(10.0, false, new MissingEos.Keep()));
    PpoSchedule schedule = new PpoSchedule(3, new SamplingOptions(0.7, 1, 0, 0, 6, 2, 11), 4, 2);
    return new PpoRunSpec("toy", "hash-of-the-toy-run", models, schedule, ToyRun::prompts, options,
        new CheckpointPlan(saved.resolveSibling(saved.getFileName() + "-checkpoints"), "toy", 2, 2), this,
        placement, CallDeadlines.all(Duration.ofSeconds(60)), Fence.NONE);
  }

  private static List<PromptRequest> prompts(long step) {
    return LongStream.range(0, 7).mapToObj(i -> new PromptRequest((step + i * 3) % 20, new int[] {1, 2, (int) i}))
        .toList();
  }

  List<String> calls() {
    return calls;
  }

  List<IterationReport> reports() {
    return reports;
  }

  List<String> metricLines() {
    return reports.stream().map(report -> report.step() + " " + report.metrics()).toList();
  }

  /** What was reported after that checkpoint will be reported again. */
  @Override
  public void restore(Optional<Path> directory) throws IOException {
    int kept = directory.isEmpty() ? 0 : Integer.parseInt(Files.readString(directory.get().resolve("reports")));
    while (reports.size() > kept) {
      reports.removeLast();
    }
  }

  @Override
  public void save(Path directory) throws IOException {
    Files.writeString(directory.resolve("reports"), String.valueOf(reports.size()));
  }

  @Override
  public void ready(RoleSet roles) {
    calls.add("ready");
  }

  @Override
  public void evaluate(int finished, RoleSet roles) {
    calls.add("evaluate " + finished);
    disturbance.accept(finished);
    if (finished == failingEvaluation) {
      throw new IllegalStateException("hook broke");
    }
    List<float[]> logProbs = new ArrayList<>();
    roles.actor().generate(-1, prompts(0), new SamplingOptions(0, 1, 0, 0, 4, 1, 0),
        rollout -> logProbs.addAll(roles.reference().logProbs(List.of(rollout.sequence()), 1)));
    assertThat(logProbs).hasSize(7);
  }

  @Override
  public void iteration(IterationReport report) {
    calls.add("iteration " + report.step());
    reports.add(report);
  }

  @Override
  public void finished(RoleSet roles) {
    calls.add("finished");
    roles.actor().save(saved);
  }
}
