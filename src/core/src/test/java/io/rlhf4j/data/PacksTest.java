package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PacksTest {

  @Test
  void theLongestGoFirstIntoTheFullestPackWithRoom() {
    // 6 | 5 4 | and then 4 into the pack of 6, 1 into the one that it fills.
    Packs<Integer> packs = Packs.of(List.of(4, 6, 1, 5, 4), row -> row, 10);

    assertThat(packs.packs()).containsExactlyInAnyOrder(List.of(4, 6), List.of(1, 5, 4));
    assertThat(packs.waste()).isZero();
    assertThat(packs.overlong()).isZero();
  }

  @Test
  void whatIsLongerThanAPackStandsAlone() {
    Packs<Integer> packs = Packs.of(List.of(3, 11, 5), row -> row, 10);

    assertThat(packs.packs()).containsExactlyInAnyOrder(List.of(11), List.of(3, 5));
    assertThat(packs.overlong()).isEqualTo(1);
    assertThat(packs.waste()).isCloseTo(0.2, within(1e-12));
  }

  @Test
  void nothingOfNothing() {
    assertThat(Packs.of(List.<Integer>of(), row -> row, 10).packs()).isEmpty();
    assertThat(Packs.of(List.of(11), row -> row, 10).waste()).isZero();
  }

  @Test
  void wastesLessThanTwoPercentOfLogNormalLengths() {
    // Median 300 and 95th percentile 1100 tokens: sigma = ln(1100 / 300) / 1.645. Cut at 2048, as max_length does.
    Random random = new Random(1);
    List<Integer> lengths = IntStream.range(0, 20_000)
        .map(i -> (int) Math.min(2048, 1 + 300 * Math.exp(0.7898 * random.nextGaussian()))).boxed().toList();
    for (int capacity : new int[] {4096, 8192, 16_384, 32_768}) {
      Packs<Integer> packs = Packs.of(lengths, row -> row, capacity);

      assertThat(packs.waste()).as("%d tokens", capacity).isLessThan(0.02);
      assertThat(packs.overlong()).isZero();
      assertThat(packs.packs().stream().flatMap(Collection::stream).sorted().toList())
          .isEqualTo(lengths.stream().sorted().toList());
      assertThat(packs.packs()).allMatch(pack -> pack.stream().mapToInt(row -> row).sum() <= capacity);
      assertThat(Packs.of(lengths, row -> row, capacity)).isEqualTo(packs);
    }
  }
}
