package io.rlhf4j.text;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How often each word occurs in the texts, where a word is what GPT-2's pre-tokenisation keeps together. */
final class WordCounts {

  /** Contractions, letters, digits and other marks (each with one leading space), then runs of white space. */
  private static final Pattern WORD = Pattern.compile(
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
      Pattern.UNICODE_CHARACTER_CLASS);

  private final @Nullable Pattern specials;
  private final Map<String, Count> counts = new HashMap<>();

  WordCounts(List<String> specialTokens) {
    // Longest first: of two special tokens of which one begins with the other, the tokenizer matches the longer.
    this.specials = specialTokens.isEmpty() ? null : Pattern.compile(specialTokens.stream()
        .sorted(Comparator.comparingInt(String::length).reversed()).map(Pattern::quote)
        .collect(Collectors.joining("|")));
  }

  void add(String text) {
    if (specials == null) {
      addPlain(text);
      return;
    }
    Matcher matcher = specials.matcher(text);
    int from = 0;
    while (matcher.find()) {
      addPlain(text.substring(from, matcher.start()));
      from = matcher.end();
    }
    addPlain(text.substring(from));
  }

  private void addPlain(String text) {
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      counts.computeIfAbsent(matcher.group(), word -> new Count()).value++;
    }
  }

  /** Counts by the word's spelling in {@link ByteAlphabet}, in the order of the spellings. */
  Map<String, Long> bySpelling() {
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((word, count) -> sorted.merge(ByteAlphabet.spell(word), count.value, Long::sum));
    return sorted;
  }

  private static final class Count {
    private long value;
  }
}
