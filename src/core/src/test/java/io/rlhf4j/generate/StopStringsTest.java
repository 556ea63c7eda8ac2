package io.rlhf4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopStringsTest {

  private static final List<String> PIECES = List.of("Hel", "lo U", "s", "er", ": ", "\n\n", "\n", "aaa", "a", "");

  @Test
  void findsTextThatSeveralTokensSpell() {
    StopStrings stops = pieces("User:");
    int[] tokens = {0, 1, 2, 3, 4, 2};
    assertThat(IntStream.rangeClosed(1, 6).filter(n -> stops.endAt(tokens, n))).containsExactly(5);
    assertThat(stops.cut(new int[] {0, 1, 2, 3, 4})).isEqualTo("Hello ");
  }

  @Test
  void oneTokenMayHoldMoreThanTheStop() {
    assertThat(pieces("o").endAt(new int[] {0, 1}, 2)).isTrue();
    assertThat(pieces("o").cut(new int[] {0, 1})).isEqualTo("Hell");
    assertThat(pieces("\n\n").endAt(new int[] {6, 6}, 2)).isTrue();
    assertThat(pieces("\n\n").endAt(new int[] {6, 5}, 2)).isTrue();
    assertThat(pieces("\n\n").endAt(new int[] {6, 0, 6}, 3)).isFalse();
  }

  @Test
  void theFirstOfSeveralStopsCuts() {
    StopStrings stops = pieces("U", "lo", "nothing");
    assertThat(stops.endAt(new int[] {0, 1}, 2)).isTrue();
    assertThat(stops.cut(new int[] {0, 1})).isEqualTo("Hel");
    assertThat(pieces("aa").cut(new int[] {8, 7})).isEmpty();
  }

  /** One that was there already while nothing could end the response yet does not end it later. */
  @Test
  void onlyTheNewestTokenCompletesAStop() {
    StopStrings stops = pieces("Hel");
    assertThat(stops.endAt(new int[] {0, 8}, 2)).isFalse();
    assertThat(stops.endAt(new int[] {0, 8, 0}, 3)).isTrue();
    assertThat(stops.cut(new int[] {0, 8, 0})).isEqualTo("Hela");
    assertThat(stops.endAt(new int[] {0, 9}, 2)).isFalse();
  }

  @Test
  void findsCharactersThatSeveralTokensSpell() {
    byte[] bytes = "a long text before it: caf\u00e9\u20ac!".getBytes(StandardCharsets.UTF_8);
    int[] tokens = IntStream.range(0, bytes.length).map(i -> bytes[i] & 0xff).toArray();
    for (String stop : List.of("\u00e9", "\u00e9\u20ac", "caf\u00e9", "\u20ac", "!")) {
      StopStrings stops = new StopStrings(List.of(stop), StopStringsTest::utf8);
      int expected = utf8(tokens).substring(0, utf8(tokens).indexOf(stop) + stop.length())
          .getBytes(StandardCharsets.UTF_8).length;
      assertThat(IntStream.rangeClosed(1, tokens.length).filter(n -> stops.endAt(tokens, n))).as(stop)
          .containsExactly(expected);
      assertThat(stops.cut(Arrays.copyOf(tokens, expected))).isEqualTo(utf8(tokens).split(stop)[0]);
    }
  }

  @Test
  void withoutStopsNothingIsDecoded() {
    assertThat(new StopStrings(List.of(), TurnEnd.ofTokens(3).decoder()).endAt(new int[] {1}, 1)).isFalse();
  }

  private static StopStrings pieces(String... stops) {
    return new StopStrings(List.of(stops),
        tokens -> IntStream.of(tokens).mapToObj(PIECES::get).collect(Collectors.joining()));
  }

  private static String utf8(int[] tokens) {
    byte[] bytes = new byte[tokens.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tokens[i];
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
