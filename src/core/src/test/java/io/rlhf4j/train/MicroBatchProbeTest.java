package io.rlhf4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.train.MicroBatchProbe.Pass;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MicroBatchProbeTest {

  private static final long MIB = 1 << 20;

  /** 1 MiB a token: 1024 tokens more than ran take 1024 MiB, and four fifths of what is available is used. */
  @Test
  void passesThatGrowSayWhatTheNextOneTakes() {
    List<Pass> passes = List.of(new Pass(256, 5256 * MIB), new Pass(512, 5512 * MIB), new Pass(1024, 6024 * MIB));

    assertThat(end(passes, 1280)).isEmpty();
    assertThat(end(passes, 1279)).contains(new MicroBatchProbe(1024,
        "auto_find_batch_size: 1024 tokens in a pass; 2048 would take up to 1024 MiB more, 1279 MiB are available"));
  }

  /** What the first passes needed was perhaps free inside the process: all but 5000 MiB may have been. */
  @Test
  void untilTwoHaveGrownAPassMayTakeAllThatIsNotKnownToBeInUse() {
    List<Pass> hidden = List.of(new Pass(256, 6000 * MIB), new Pass(512, 6000 * MIB), new Pass(1024, 6000 * MIB));
    assertThat(end(hidden, 1250)).isEmpty();
    assertThat(end(hidden, 1249)).isPresent();
    List<Pass> begins = List.of(new Pass(256, 6000 * MIB), new Pass(512, 6000 * MIB), new Pass(1024, 6010 * MIB));
    assertThat(end(begins, 1250)).isPresent();
    assertThat(end(List.of(new Pass(256, 5100 * MIB)), 125)).isEmpty();
    assertThat(end(List.of(new Pass(256, 5100 * MIB)), 124)).isPresent();
  }

  /** A row of 2000 tokens fills the passes that were to have 256, 512 and 1024; their growth is not theirs. */
  @Test
  void passesOfAsManyTokensSayNothingAboutGrowth() {
    List<Pass> alike = List.of(new Pass(2000, 6000 * MIB), new Pass(2000, 6010 * MIB), new Pass(2000, 6020 * MIB));
    assertThat(end(alike, 1275)).isEmpty();
    assertThat(end(alike, 1274)).isPresent();
  }

  private static Optional<MicroBatchProbe> end(List<Pass> passes, long availableMebibytes) {
    return MicroBatchProbe.end(passes, passes.getLast().tokens(), 2 * passes.getLast().tokens(), 5000 * MIB,
        availableMebibytes * MIB);
  }
}
