package io.rlhf4j.rl;

import java.util.List;

/**
 * What ends a response besides the tokens that end a turn of the model's chats.
 *
 * @param tokenIds a response ends with the first of these
 * @param strings a response ends with the token that completes the first of these texts, none of them empty
 */
public record StopRules(List<Integer> tokenIds, List<String> strings) {

  /** Nothing else ends a response. */
  public static final StopRules NONE = new StopRules(List.of(), List.of());

  public StopRules {
    tokenIds = List.copyOf(tokenIds);
    strings = List.copyOf(strings);
    if (strings.contains("")) {
      throw new IllegalArgumentException("stop holds an empty text, which every response contains");
    }
  }
}
