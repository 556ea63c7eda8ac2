package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitAndBatchesTest {

  private static final List<Integer> HUNDRED = IntStream.range(0, 100).boxed().toList();

  @Test
  void splitHoldsOutTheWantedShareInTheOldOrder() {
    Split<Integer> split = Split.of(HUNDRED, row -> row, 0.1, 7);

    assertThat(split.test()).hasSize(10).isSorted();
    assertThat(split.train()).hasSize(90).isSorted().doesNotContainAnyElementsOf(split.test());
    assertThat(Split.of(HUNDRED, row -> row, 0.1, 7)).isEqualTo(split);
    assertThat(Split.of(HUNDRED, row -> row, 0.1, 8)).isNotEqualTo(split);
    assertThat(Split.of(HUNDRED, row -> row, 0, 7).train()).isEqualTo(HUNDRED);
  }

  @Test
  void rowsWithOneKeyStayTogether() {
    Split<Integer> split = Split.of(HUNDRED, row -> row / 4, 0.1, 7);

    assertThat(split.test()).hasSize(12);
    assertThat(split.train()).noneMatch(row -> split.test().stream().anyMatch(held -> held / 4 == row / 4));
  }

  @Test
  void splitThatLeavesNothingIsRefused() {
    assertThatThrownBy(() -> Split.of(List.of(1), row -> row, 0.5, 7)).isInstanceOf(InputException.class)
        .hasMessage("data.test_fraction: is 0.5, which leaves nothing of 1 rows to train on");
  }

  @Test
  void everyEpochHasItsOwnRepeatableOrder() {
    List<Integer> first = Batches.shuffled(HUNDRED, 3, 0);

    assertThat(first).containsExactlyInAnyOrderElementsOf(HUNDRED).isNotEqualTo(HUNDRED);
    assertThat(Batches.shuffled(HUNDRED, 3, 0)).isEqualTo(first);
    assertThat(Batches.shuffled(HUNDRED, 3, 1)).isNotEqualTo(first);
    assertThat(Batches.shuffled(HUNDRED, 4, 0)).isNotEqualTo(first);
  }

  @Test
  void shuffledGroupsKeepTheirRowsTogetherAndInOrder() {
    // The key is the ten: 0-9, 10-19 and so on.
    List<Integer> order = Batches.shuffledGroups(HUNDRED, row -> row / 10, 3, 0);

    assertThat(order).containsExactlyInAnyOrderElementsOf(HUNDRED).isNotEqualTo(HUNDRED);
    for (int start = 0; start < 100; start += 10) {
      int first = order.get(start);
      assertThat(order.subList(start, start + 10)).isEqualTo(HUNDRED.subList(first, first + 10));
    }
  }

  @Test
  void groupsOfOneRowAreShuffledLikeRows() {
    assertThat(Batches.shuffledGroups(HUNDRED, row -> row, 3, 1)).isEqualTo(Batches.shuffled(HUNDRED, 3, 1));
  }

  @Test
  void batchesByCountKeepOrderAndRest() {
    assertThat(Batches.ofCount(List.of(1, 2, 3, 4, 5), 2)).containsExactly(List.of(1, 2), List.of(3, 4), List.of(5));
    assertThat(Batches.ofCount(List.of(), 2)).isEmpty();
  }

  @Test
  void batchesByTokensFillTheBudget() {
    assertThat(Batches.ofTokens(List.of(3, 3, 4, 1, 20, 9, 2), length -> length, 10))
        .containsExactly(List.of(3, 3, 4), List.of(1), List.of(20), List.of(9), List.of(2));
  }
}
