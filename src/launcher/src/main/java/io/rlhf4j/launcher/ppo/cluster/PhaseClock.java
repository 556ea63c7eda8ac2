package io.rlhf4j.launcher.ppo.cluster;

import io.rlhf4j.launcher.ppo.IterationState;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Measures how long an iteration stays in each phase. */
final class PhaseClock {

  private final Map<String, Duration> durations = new LinkedHashMap<>();
  private String phase = "generating";
  private long since;

  PhaseClock(long nowNanos) {
    this.since = nowNanos;
  }

  void enter(String next, long nowNanos) {
    if (!next.equals(phase)) {
      durations.merge(phase, Duration.ofNanos(nowNanos - since), Duration::plus);
      phase = next;
      since = nowNanos;
    }
  }

  Map<String, Duration> durations() {
    return Collections.unmodifiableMap(durations);
  }

  static String phase(@Nullable IterationState state) {
    return switch (state) {
      case IterationState.Generating s -> "generating";
      case IterationState.Scoring s -> "scoring";
      case IterationState.MakingExperience s -> "experience";
      case IterationState.Learning s -> "learning";
      case IterationState.Finished s -> "finished";
      case IterationState.Abandoned s -> "abandoned";
      case IterationState.Failed s -> "failed";
      case null -> "between";
    };
  }
}
