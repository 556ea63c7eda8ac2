package io.rlhf4j.launcher.select;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Runs of three words of a text, for comparing texts. Letter case, punctuation at words and spaces do not matter. */
final class Shingles {

  private static final int WORDS = 3;

  private Shingles() {}

  /** Never empty; a text of fewer words is one run. */
  static Set<String> of(String text) {
    List<String> words = words(text);
    Set<String> runs = new HashSet<>();
    for (int i = 0; i + WORDS <= words.size(); i++) {
      runs.add(String.join(" ", words.subList(i, i + WORDS)));
    }
    if (runs.isEmpty()) {
      runs.add(String.join(" ", words));
    }
    return runs;
  }

  /** The text with one space between words, in lower case. */
  static String normal(String text) {
    return text.strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);
  }

  /** Size of the intersection over size of the union. */
  static double jaccard(Set<String> a, Set<String> b) {
    Set<String> smaller = a.size() < b.size() ? a : b;
    Set<String> larger = smaller == a ? b : a;
    long shared = smaller.stream().filter(larger::contains).count();
    return (double) shared / (a.size() + b.size() - shared);
  }

  private static List<String> words(String text) {
    return Arrays.stream(normal(text).split(" ")).map(word -> word.replaceAll("^\\p{Punct}+|\\p{Punct}+$", ""))
        .filter(word -> !word.isEmpty()).toList();
  }
}
