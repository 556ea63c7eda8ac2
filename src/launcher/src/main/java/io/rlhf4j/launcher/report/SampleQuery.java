package io.rlhf4j.launcher.report;

import io.rlhf4j.config.InputException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which answers are looked at.
 *
 * @param text that prompt or response must hold; empty for all
 * @param step that they are from; empty for all
 * @param page of {@value #ROWS} answers, from 0
 */
record SampleQuery(String text, OptionalLong step, SampleOrder order, int page) {

  static final int ROWS = 25;
  /** Farther pages are for tools that read the file itself. */
  static final int MAX_PAGE = 199;
  private static final int MAX_TEXT = 1000;

  /**
   * Reads the part of an address behind the question mark.
   *
   * @throws InputException if something in it is unknown or out of its bounds
   */
  static SampleQuery parse(@Nullable String query) {
    Map<String, String> given = new HashMap<>();
    for (String part : query == null || query.isEmpty() ? new String[0] : query.split("&")) {
      String[] pair = part.split("=", 2);
      given.put(decoded(pair[0]), pair.length < 2 ? "" : decoded(pair[1]));
    }
    String text = given.getOrDefault("text", "");
    if (text.length() > MAX_TEXT) {
      throw InputException.key("text", "has " + text.length() + " characters, must have at most " + MAX_TEXT);
    }
    String step = given.getOrDefault("step", "").strip();
    return new SampleQuery(text, step.isEmpty() ? OptionalLong.empty() : OptionalLong.of(number("step", step,
        Long.MAX_VALUE)), order(given.getOrDefault("order", SampleOrder.NEWEST.key())),
        (int) number("page", given.getOrDefault("page", "0"), MAX_PAGE));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new InputException("the address is not encoded as addresses are (" + e.getMessage() + ")", e);
    }
  }

  private static long number(String key, String text, long most) {
    try {
      long number = Long.parseLong(text);
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, like numbers that are out of bounds.
    }
    throw InputException.key(key, "is '" + text + "', must be a whole number from 0 to " + most);
  }

  private static SampleOrder order(String key) {
    return SampleOrder.of(key).orElseThrow(() -> InputException.key("order", "is '" + key + "', must be one of "
        + Arrays.stream(SampleOrder.values()).map(SampleOrder::key).collect(Collectors.joining(", "))));
  }

  boolean matches(Sample sample) {
    return (step.isEmpty() || sample.step() == step.getAsLong()) && (text.isEmpty() || sample.holds(text));
  }

  /** The address of another page of the same answers. */
  String address(int otherPage) {
    return "samples?" + Stream.of("text=" + URLEncoder.encode(text, StandardCharsets.UTF_8),
        "step=" + (step.isPresent() ? step.getAsLong() : ""), "order=" + order.key(), "page=" + otherPage)
        .collect(Collectors.joining("&"));
  }
}
