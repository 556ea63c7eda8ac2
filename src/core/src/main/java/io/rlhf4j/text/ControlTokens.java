package io.rlhf4j.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Keeps special tokens that somebody typed into a message from ending turns or opening new ones: they are written as
 * ordinary text. A mark inside the spelling, set before the template is rendered, shows where to cut before encoding.
 */
final class ControlTokens {

  /** A code point that Unicode reserves for use inside programs. */
  private static final String MARK = "\uFDD0";

  private final Pattern spellings;

  ControlTokens(Collection<String> spellings) {
    // Longest first: of two tokens of which one begins with the other, the tokenizer matches the longer.
    this.spellings = Pattern.compile(spellings.stream().filter(spelling -> spelling.length() > 1)
        .sorted(Comparator.comparingInt(String::length).reversed()).map(Pattern::quote)
        .collect(Collectors.joining("|")));
  }

  /** The messages with a mark inside every special token that their contents spell. */
  List<ChatMessage> guard(List<ChatMessage> messages) {
    List<ChatMessage> guarded = new ArrayList<>();
    for (ChatMessage message : messages) {
      guarded.add(new ChatMessage(message.role(), guard(message.content())));
    }
    return guarded;
  }

  private String guard(String content) {
    if (spellings.pattern().isEmpty()) {
      return content;
    }
    return spellings.matcher(content.replace(MARK, "\uFFFD")).replaceAll(match -> {
      int first = match.group().offsetByCodePoints(0, 1);
      return Matcher.quoteReplacement(match.group().substring(0, first) + MARK + match.group().substring(first));
    });
  }

  /** Whether a text has marks, so that it consists of several {@link #parts}. */
  static boolean isGuarded(String text) {
    return text.contains(MARK);
  }

  /** What a guarded text is encoded as: one part after the other, between which no token is found. */
  static String[] parts(String guarded) {
    return guarded.split(MARK);
  }
}
