package io.rlhf4j.text;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The prompts that were encoded last. Answers to one prompt come together, in requests, pairs and samples, and each of
 * them begins with the tokens of that prompt. Safe for use by several threads.
 */
final class RecentPrompts {

  private static final int PROMPTS = 256;
  /** Longer texts are not kept, so that the whole is bounded. */
  private static final int MAX_CHARS = 1 << 16;

  private final Map<String, Encoded> prompts = new LinkedHashMap<>(PROMPTS, 0.75f, true) {

    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Encoded> eldest) {
      return size() > PROMPTS;
    }
  };

  /**
   * A prompt's tokens and where its last added token stands. A tokenizer cuts a text at added tokens before it does
   * anything else, so what follows one does not depend on what stands before it.
   *
   * @param ids of the whole prompt; not to be changed
   * @param cut where the last added token begins in the text; -1 if there is none to rely on
   * @param before tokens before it
   */
  record Encoded(int[] ids, int cut, int before) {}

  /** What {@code encode} gave for the text, now or earlier. */
  Encoded of(String text, Function<String, Encoded> encode) {
    synchronized (prompts) {
      Encoded known = prompts.get(text);
      if (known != null) {
        return known;
      }
    }
    Encoded encoded = encode.apply(text);
    if (text.length() <= MAX_CHARS) {
      synchronized (prompts) {
        prompts.put(text, encoded);
      }
    }
    return encoded;
  }
}
