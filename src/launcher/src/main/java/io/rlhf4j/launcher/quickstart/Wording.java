package io.rlhf4j.launcher.quickstart;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A text as plain words: lower case, without punctuation. Phrases are looked up as whole words.
 *
 * @param words the words in order
 */
record Wording(List<String> words) {

  private static final Pattern NOT_A_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

  static Wording of(String text) {
    String[] words = NOT_A_WORD.split(text.toLowerCase(Locale.ROOT));
    return new Wording(Arrays.stream(words).filter(word -> !word.isEmpty()).toList());
  }

  int size() {
    return words.size();
  }

  boolean has(String phrase) {
    return padded().contains(" " + phrase + " ");
  }

  boolean hasAny(List<String> phrases) {
    return phrases.stream().anyMatch(this::has);
  }

  boolean startsWith(String phrase) {
    return padded().startsWith(" " + phrase + " ");
  }

  boolean endsWith(String phrase) {
    return padded().endsWith(" " + phrase + " ");
  }

  private String padded() {
    return " " + String.join(" ", words) + " ";
  }
}
