package io.rlhf4j.launcher.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.telemetry.MetricRow;
import io.rlhf4j.telemetry.MetricsLog;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthMonitorTest {

  private static final Map<String, Double> HEALTHY = Map.ofEntries(Map.entry("ratio_first_update_error", 2e-6),
      Map.entry("behaviour_gap_mean", 1e-6), Map.entry("kl", 2.0), Map.entry("kl_k3", 2.0), Map.entry("eos_rate", 0.95),
      Map.entry("response_length", 20.0), Map.entry("length_score_correlation", 0.2), Map.entry("repetition", 0.05),
      Map.entry("duplicate_rate", 0.0), Map.entry("policy_clip_fraction", 0.1), Map.entry("policy_approx_kl", 0.01),
      Map.entry("explained_variance", 0.5), Map.entry("policy_entropy", 1.0), Map.entry("flat_group_rate", 0.1),
      Map.entry("score_mean", 1.0), Map.entry("score_std", 1.0), Map.entry("policy_skipped_updates", 0.0),
      Map.entry("value_skipped_updates", 0.0));

  @Test
  void aHealthyRunIsQuiet() {
    HealthMonitor monitor = new HealthMonitor();
    for (int step = 1; step <= 10; step++) {
      assertThat(monitor.observe(step, HEALTHY)).isEmpty();
    }
    assertThat(monitor.warnings()).isEmpty();
  }

  @Test
  void aRunThatMeasuresNothingIsQuiet() {
    assertThat(new HealthMonitor().observe(1, Map.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      ratio         | ratio_first_update_error=0.05                     | off 1 by up to 0.05
      sampler_gap   | behaviour_gap_mean=0.1                            | set ppo.importance_cap
      negative_kl | kl=-0.5 kl_k3=0.1 | the KL to the reference is negative, -0.50 nats
      eos_rate      | eos_rate=0.02                                     | eos rate is 2 % (95 % at first): answers hit
      length        | response_length=50                                | answers have 50.00 tokens, 20.00 at first
      length        | response_length=5                                 | answers have 5.00 tokens
      length_bias   | response_length=30 length_score_correlation=0.8   | the reward follows length (correlation 0.80)
      repetition    | repetition=0.6                                    | 60 % of all runs of three tokens repeat
      duplicates | duplicate_rate=0.5 | 50 % of the answers equal the answer to another
      frontier      | kl=5                                              | KL grew from 2.00 to 5.00 nats
      clip_fraction | policy_clip_fraction=0.5                          | 50 % of the actions are clipped
      policy_step   | policy_approx_kl=0.4                              | moves the policy by 0.40 nats a token
      critic | explained_variance=-0.3 | worse than a constant (explained variance -0.30)
      entropy       | policy_entropy=0.05                               | entropy fell from 1.00 to 0.05 nats
      flat_groups | flat_group_rate=0.7 | for 70 % of the prompts all answers score the same
      flat_reward   | score_std=0                                       | every answer has the same score
      masked        | masked_rate=0.9                                   | 90 % of the answers are left out
      not_finite    | value_skipped_updates=1                           | its gradient was not finite
      """)
  void eachSignalNamesItselfAndWhatHelps(String signal, String change, String text) {
    HealthMonitor monitor = new HealthMonitor();
    for (int step = 1; step <= 5; step++) {
      monitor.observe(step, HEALTHY);
    }
    List<Warning> fresh = monitor.observe(6, with(change));

    assertThat(fresh).hasSize(1).first().satisfies(warning -> {
      assertThat(warning.signal()).isEqualTo(signal);
      assertThat(warning.text()).contains(text).doesNotContain("\n", "NaN");
      assertThat(warning.line()).startsWith("warning (" + signal + ", iteration 6): ");
    });
  }

  /** 8-bit sampling differs by 0.01 to 0.04 nats, which importance weights or a ratio against the sampler carry. */
  @Test
  void aGapThatTheLossCorrectsIsExpectedUpToAPoint() {
    assertThat(new HealthMonitor().observe(1, with("behaviour_gap_mean=0.036"))).hasSize(1);
    assertThat(new HealthMonitor().observe(1, with("behaviour_gap_mean=0.036 importance_weight_mean=1.01"))).isEmpty();
    String againstTheSampler = "behaviour_gap_mean=0.036 ratio_first_update=1.01 ratio_first_update_error=NaN";
    assertThat(new HealthMonitor().observe(1, with(againstTheSampler))).isEmpty();
    assertThat(new HealthMonitor().observe(1, with("behaviour_gap_mean=0.2 importance_weight_mean=1.1")))
        .singleElement().extracting(Warning::text).asString().doesNotContain("importance_cap")
        .contains("0.20 nats a token: set ppo.rollout_precision: fp32, top_p: 1");
  }

  @Test
  void aSignalThatStaysOnWarnsOnceAndAgainAfterItWasOff() {
    HealthMonitor monitor = new HealthMonitor();
    monitor.observe(1, HEALTHY);
    assertThat(monitor.observe(2, with("eos_rate=0.1"))).hasSize(1);
    assertThat(monitor.observe(3, with("eos_rate=0.05"))).isEmpty();
    assertThat(monitor.observe(4, HEALTHY)).isEmpty();
    assertThat(monitor.observe(5, with("eos_rate=0.1"))).hasSize(1);
    assertThat(monitor.warnings()).extracting(Warning::step).containsExactly(2L, 5L);
  }

  /** What an iteration measures as NaN is null in the file and absent after reading it. */
  @Test
  void aMonitorThatReadsTheMetricsOfARunGoesOnAsIfItHadWatchedIt(@TempDir Path directory) {
    Path file = directory.resolve("metrics.jsonl");
    HealthMonitor watching = new HealthMonitor();
    try (MetricsLog log = MetricsLog.open(file)) {
      log.log("sft", 1, Map.of("loss", 2.0));
      for (int step = 1; step <= 6; step++) {
        Map<String, Double> metrics = with(step < 5 ? "explained_variance=NaN" : "eos_rate=0.1 kl=2.5");
        watching.observe(step, metrics);
        log.log("ppo", step, metrics);
      }
    }
    HealthMonitor reading = HealthMonitor.after(MetricRow.read(file));

    assertThat(reading.warnings()).isEqualTo(watching.warnings()).hasSize(1);
    Map<String, Double> next = with("eos_rate=0.1 kl=5 policy_entropy=0.01");
    assertThat(reading.observe(7, next)).isEqualTo(watching.observe(7, next)).extracting(Warning::signal)
        .containsExactly("frontier", "entropy");
  }

  @Test
  void everySignalIsTried() {
    assertThat(Arrays.stream(Signal.values()).map(Signal::label)).containsExactly("ratio", "sampler_gap",
        "negative_kl", "eos_rate", "length", "length_bias", "repetition", "duplicates", "frontier", "clip_fraction",
        "policy_step", "critic", "entropy", "flat_groups", "flat_reward", "masked", "not_finite");
  }

  private static Map<String, Double> with(String changes) {
    Map<String, Double> metrics = new HashMap<>(HEALTHY);
    for (String change : changes.split(" +")) {
      String[] parts = change.split("=");
      metrics.put(parts[0], Double.valueOf(parts[1]));
    }
    return metrics;
  }
}
