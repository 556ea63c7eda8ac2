package io.rlhf4j.generate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Texts that end a response, wherever they begin and end within its tokens. What counts is the text: the same letters
 * spelled by other tokens are found too.
 */
final class StopStrings {

  /** More than enough tokens for the pieces of a character, which a decoder shows once it has them all. */
  private static final int SLACK_TOKENS = 8;
  private static final char INCOMPLETE = '\uFFFD';

  private final List<String> stops;
  private final TextDecoder decoder;
  /** Every token but special ones spells at least a byte, so a stop string ends within this many. */
  private final int reach;

  StopStrings(List<String> stops, TextDecoder decoder) {
    this.stops = stops;
    this.decoder = decoder;
    this.reach = SLACK_TOKENS
        + stops.stream().mapToInt(stop -> stop.getBytes(StandardCharsets.UTF_8).length).max().orElse(0);
  }

  /** Whether the last of the first {@code length} tokens completes a stop string. */
  boolean endAt(int[] tokens, int length) {
    return !stops.isEmpty() && start(Arrays.copyOfRange(tokens, Math.max(0, length - reach), length)) >= 0;
  }

  /** The response without the stop string that its last token completed, and without what follows it. */
  String cut(int[] response) {
    int start = start(response);
    String text = decoder.decode(response);
    return start < 0 ? text : text.substring(0, start);
  }

  /** Where the stop string begins that the last token completed; of several the first; -1 if there is none. */
  private int start(int[] tokens) {
    String text = decoder.decode(tokens);
    int known = complete(decoder.decode(Arrays.copyOf(tokens, tokens.length - 1)));
    int first = -1;
    for (String stop : stops) {
      // A stop string that ends within what was known before did not end the response then.
      int at = text.indexOf(stop, Math.max(0, known - stop.length() + 1));
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    return first;
  }

  /** Length of the text without the pieces of a character that is not complete yet. */
  private static int complete(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == INCOMPLETE) {
      end--;
    }
    return end;
  }
}
