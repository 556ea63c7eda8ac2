package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AllocatorAdviceTest {

  @Test
  void isGivenWhereTheSettingIsMissingAndWouldHelp() {
    assertThat(AllocatorAdvice.of("Linux", Map.of())).hasValueSatisfying(
        line -> assertThat(line).contains("GLIBC_TUNABLES=glibc.malloc.mmap_threshold=").doesNotContain("\n"));
    assertThat(AllocatorAdvice.of("Linux", Map.of("GLIBC_TUNABLES", "glibc.rtld.nns=4"))).isPresent();
    assertThat(AllocatorAdvice.of("Linux", Map.of("GLIBC_TUNABLES", AllocatorAdvice.TUNABLES))).isEmpty();
    // Another allocator, jemalloc for example, has rules of its own.
    assertThat(AllocatorAdvice.of("Linux", Map.of("LD_PRELOAD", "libjemalloc.so.2"))).isEmpty();
    assertThat(AllocatorAdvice.of("Mac OS X", Map.of())).isEmpty();
  }

  @Test
  void theLauncherSetsWhatIsAdvised() throws IOException {
    assertThat(Files.readString(Path.of("../../rlhf"))).contains(AllocatorAdvice.TUNABLES);
  }
}
