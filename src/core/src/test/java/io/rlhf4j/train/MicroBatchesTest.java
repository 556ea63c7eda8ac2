package io.rlhf4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {

  @Test
  void fillsEachPartUpToTheBudgetAndKeepsTheOrder() {
    assertThat(MicroBatches.split(List.of(4, 6, 1, 9, 12, 2), n -> n, 10))
        .containsExactly(List.of(4, 6), List.of(1, 9), List.of(12), List.of(2));
  }

  @Test
  void splitsByCount() {
    assertThat(MicroBatches.ofSize(List.of(1, 2, 3, 4, 5), 2))
        .containsExactly(List.of(1, 2), List.of(3, 4), List.of(5));
  }

  @Test
  void nothingGivesNoPart() {
    assertThat(MicroBatches.split(List.<Integer>of(), n -> n, 10)).isEmpty();
  }
}
