package io.rlhf4j.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of files as people write them. */
public final class ByteSize {

  private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,8})(MB|GB)");

  private ByteSize() {}

  /**
   * {@code 5GB} in bytes, of which a gigabyte has 10^9, as in transformers.
   *
   * @param key whose value it is
   * @throws InputException if it is none
   */
  public static long parse(String key, String size) {
    Matcher matcher = SIZE.matcher(size.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw InputException.key(key, "is " + size + ", must be a whole number with MB or GB, such as 5GB");
    }
    return Long.parseLong(matcher.group(1)) * (matcher.group(2).equals("GB") ? 1_000_000_000L : 1_000_000L);
  }
}
