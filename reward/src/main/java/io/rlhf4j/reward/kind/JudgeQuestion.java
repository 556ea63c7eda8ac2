package io.rlhf4j.reward.kind;

import io.rlhf4j.text.ChatMessage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a judge is asked: instructions, and the texts that it is shown.
 *
 * @param template the instructions, which always stay whole
 * @param texts by the name of their place
 */
record JudgeQuestion(PromptTemplate template, Map<String, String> texts) {

  /** Stands where the middle of a text was left out, so that the judge knows. */
  static final String LEFT_OUT = "\n[...]\n";

  List<ChatMessage> messages() {
    return List.of(ChatMessage.user(template.fill(texts)));
  }

  /**
   * The question itself if it fits, else with the longest texts shortened as little as it takes: all to the same
   * length, so that no answer has an advantage, and in the middle, because answers end with what they are about.
   */
  JudgeQuestion fitting(Predicate<List<ChatMessage>> fits) {
    if (fits.test(messages())) {
      return this;
    }
    int fitting = 0;
    int tooLong = texts.values().stream().mapToInt(String::length).max().orElse(0);
    while (tooLong - fitting > 1) {
      int middle = (fitting + tooLong) >>> 1;
      if (fits.test(shortened(middle).messages())) {
        fitting = middle;
      } else {
        tooLong = middle;
      }
    }
    return shortened(fitting);
  }

  private JudgeQuestion shortened(int length) {
    Map<String, String> shorter = new LinkedHashMap<>();
    texts.forEach((place, text) -> shorter.put(place, shortened(text, length)));
    return new JudgeQuestion(template, shorter);
  }

  /** Both ends of the text, {@code length} characters in all without the mark between them. */
  private static String shortened(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    int head = boundary(text, (length + 1) / 2);
    int tail = boundary(text, text.length() - length / 2);
    return text.substring(0, head) + LEFT_OUT + text.substring(tail);
  }

  /** Not between the two halves of a character. */
  private static int boundary(String text, int at) {
    return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
  }
}
