package io.rlhf4j.tensor;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a program that brings its own launcher should know: the C library reads its settings before {@code main}, so a
 * library cannot make them.
 */
final class AllocatorAdvice {

  /** As the {@code rlhf} launcher sets it: what libtorch frees stays with the process, for the next step. */
  static final String TUNABLES = "glibc.malloc.mmap_threshold=34359738368:glibc.malloc.trim_threshold=34359738368:"
      + "glibc.malloc.arena_max=1";

  private AllocatorAdvice() {}

  /** One line where the setting is missing and would help. */
  static Optional<String> of(String operatingSystem, Map<String, String> environment) {
    boolean tuned = environment.getOrDefault("GLIBC_TUNABLES", "").contains("glibc.malloc.")
        || environment.containsKey("MALLOC_MMAP_THRESHOLD_") || environment.containsKey("LD_PRELOAD");
    return tuned || !operatingSystem.toLowerCase(Locale.ROOT).contains("linux") ? Optional.empty()
        : Optional
            .of("memory that libtorch frees goes back to the system and is fetched again in every step; training is a "
                + "tenth faster if the JVM is started with GLIBC_TUNABLES=" + TUNABLES);
  }
}
