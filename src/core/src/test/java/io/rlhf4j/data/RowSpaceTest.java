package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arrays in files hold what they would on the heap. */
class RowSpaceTest {

  @TempDir
  private Path directory;

  private RowSpace files;

  @BeforeEach
  void open() {
    files = RowSpace.in(directory);
  }

  @Test
  void arraysBeginWithZerosAndLeaveNoFileBehind() {
    RowNumbers numbers = files.numbers(100_000);
    assertThat(numbers).hasSize(100_000).containsOnly(0);
    numbers.put(99_999, -7);
    assertThat(numbers.set(3, 5)).isZero();
    assertThat(numbers.number(99_999)).isEqualTo(-7);
    assertThat(numbers.first(4)).containsExactly(0, 0, 0, 5);
    assertThatThrownBy(() -> numbers.number(100_000)).isInstanceOf(IndexOutOfBoundsException.class);
    RowWords words = files.words(2);
    words.put(1, Long.MIN_VALUE + 1);
    assertThat(words.get(0)).isZero();
    assertThat(words.get(1)).isEqualTo(Long.MIN_VALUE + 1);
    assertThat(files.numbers(0)).isEmpty();
    assertThat(directory).isEmptyDirectory();
    RowSpace nowhere = RowSpace.in(directory.resolve("missing"));
    assertThatThrownBy(() -> nowhere.numbers(10)).isInstanceOf(UncheckedIOException.class).hasMessageContaining("40");
  }

  @Test
  void ordersAreThoseOfListsInMemory() {
    List<Integer> rows = IntStream.range(0, 1000).boxed().toList();
    List<Integer> stored = new Stored(rows, files);
    List<Integer> shuffled = new ArrayList<>(rows);
    Collections.shuffle(shuffled, new Random(9));
    assertThat(RowOrder.shuffled(1000, new Random(9), files)).isEqualTo(shuffled);
    assertThat(Batches.pass(stored, 4, 2, 7)).isEqualTo(Batches.ofCount(Batches.shuffled(rows, 4, 2), 7));
    assertThat(Batches.inOrder(stored, 7)).isEqualTo(Batches.ofCount(rows, 7));
    List<Integer> some = Batches.where(stored, row -> row % 3 == 0);
    assertThat(some).isEqualTo(rows.stream().filter(row -> row % 3 == 0).toList());
    assertThat(RowSpace.of(some)).isSameAs(files);
    RowNumbers range = RowNumbers.range(5, 105, files);
    for (double weight : new double[] {0.3, 1, 2.5}) {
      assertThat(RowOrder.weighted(range, weight, 3)).isEqualTo(Batches.weighted(rows.subList(5, 105), weight, 3));
    }
    assertThat(RowOrder.joined(List.of(range.first(2), RowNumbers.of(9)), files)).containsExactly(5, 6, 9);
  }

  @Test
  void groupsAreNumberedAsTheyAreMet() {
    assertThat(RowOrder.groups(row -> new long[] {-5, 7, -5, 0, 7, Long.MIN_VALUE}[row], 6, files))
        .containsExactly(0, 1, 0, 2, 1, 3);
    // Far more keys than are on the heap at once, with some that very many rows have.
    Random random = new Random(5);
    long[] few = random.longs(150_000).toArray();
    long[] keys = IntStream.range(0, 300_000)
        .mapToLong(row -> row % 3 == 0 ? few[0] : few[random.nextInt(few.length)]).toArray();
    RowNumbers groups = RowOrder.groups(row -> keys[row], keys.length, files);
    assertThat(groups).isEqualTo(Batches.groups(Arrays.stream(keys).boxed().toList(), key -> key));
  }

  @Test
  void rowsAreHeldOutAndGroupedAsInMemory() {
    int[] numbers = new Random(2).ints(3000, 0, 400).toArray();
    RowNumbers heap = Batches.groups(Arrays.stream(numbers).boxed().toList(), row -> row);
    RowNumbers mapped = files.numbers(3000);
    for (int row = 0; row < 3000; row++) {
      mapped.put(row, heap.number(row));
    }
    assertThat(Split.ofGroups(mapped, 0.2, 7)).isEqualTo(Split.ofGroups(heap, 0.2, 7));
    RowNumbers order = RowOrder.shuffledGroups(mapped, 3, 1);
    assertThat(order).isEqualTo(RowOrder.shuffledGroups(heap, 3, 1));
    assertThat(order.space()).isSameAs(files);
    assertThat(Packs.of(order, row -> row % 50 + 1, 40).packs())
        .isEqualTo(Packs.of(List.copyOf(order), row -> row % 50 + 1, 40).packs());
  }

  private static final class Stored extends AbstractList<Integer> implements Spacious {

    private final List<Integer> rows;
    private final RowSpace space;

    Stored(List<Integer> rows, RowSpace space) {
      this.rows = rows;
      this.space = space;
    }

    @Override
    public Integer get(int row) {
      return rows.get(row);
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public RowSpace space() {
      return space;
    }
  }
}
