package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows that are read when their batch is asked for. */
class BatchesPassTest {

  @Test
  void aPassIsTheShuffledRowsInBatches() {
    List<Integer> rows = IntStream.range(0, 23).boxed().toList();
    List<Integer> read = new ArrayList<>();
    List<Integer> watched = new AbstractList<>() {
      @Override
      public Integer get(int row) {
        read.add(row);
        return rows.get(row);
      }

      @Override
      public int size() {
        return rows.size();
      }
    };
    List<List<Integer>> pass = Batches.pass(watched, 7, 3, 5);
    assertThat(read).isEmpty();
    assertThat(pass.get(2)).isEqualTo(Batches.ofCount(Batches.shuffled(rows, 7, 3), 5).get(2));
    assertThat(read).hasSize(5);
    assertThat(pass).isEqualTo(Batches.ofCount(Batches.shuffled(rows, 7, 3), 5));
    assertThat(Batches.inOrder(rows, 5)).isEqualTo(Batches.ofCount(rows, 5));
  }

  @Test
  void theFirstRowsOfSomeTokens() {
    List<Integer> lengths = List.of(5, 3, 9, 1);
    assertThat(Batches.firstOfTokens(lengths, length -> length, 8)).containsExactly(5, 3);
    assertThat(Batches.firstOfTokens(lengths, length -> length, 9)).containsExactly(5, 3, 9);
    assertThat(Batches.firstOfTokens(lengths, length -> length, 0)).containsExactly(5);
    assertThat(Batches.firstOfTokens(lengths, length -> length, 100)).isEqualTo(lengths);
  }

  @Test
  void rowsThatAreWanted() {
    List<Integer> rows = List.of(4, 7, 6, 9);
    assertThat(Batches.where(rows, row -> row % 2 == 0)).containsExactly(4, 6);
    assertThat(Batches.where(rows, row -> row > 0)).isSameAs(rows);
  }
}
