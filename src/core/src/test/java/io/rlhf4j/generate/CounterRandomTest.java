package io.rlhf4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class CounterRandomTest {

  @Test
  void everyWordAndItsPlaceMatter() {
    Set<Long> seen = new HashSet<>();
    for (long a = 0; a < 20; a++) {
      for (long b = 0; b < 20; b++) {
        for (long c = 0; c < 20; c++) {
          seen.add(CounterRandom.bits(a, b, c));
        }
      }
    }
    assertThat(seen).hasSize(8000);
    assertThat(CounterRandom.bits(1, 2)).isEqualTo(CounterRandom.bits(1, 2)).isNotEqualTo(CounterRandom.bits(1, 2, 0));
  }

  @Test
  void neighbouringCountersGiveIndependentUniforms() {
    int n = 200_000;
    double sum = 0;
    double product = 0;
    int[] bins = new int[16];
    for (int position = 0; position < n; position++) {
      float u = CounterRandom.uniform(17, 0, 3, 1, position);
      float next = CounterRandom.uniform(17, 0, 3, 1, position + 1L);
      assertThat(u).isBetween(0f, 1 - 0x1p-24f);
      sum += u;
      product += (u - 0.5) * (next - 0.5);
      bins[(int) (u * 16)]++;
    }
    // Standard errors: 0.29 / sqrt(n) = 0.00065, (1/12) / sqrt(n) = 0.00019, sqrt(n / 16) = 112.
    assertThat(sum / n).isCloseTo(0.5, Offset.offset(0.003));
    assertThat(product / n).isCloseTo(0, Offset.offset(0.0008));
    assertThat(IntStream.of(bins)).allMatch(count -> Math.abs(count - n / 16) < 450);
  }
}
