package io.rlhf4j.text;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Conversations as token ids, the one way for every stage: SFT, reward training, serving and PPO see the same prompt
 * tokens and the same end of an answer.
 *
 * <p>A prompt is rendered with the template's generation prompt and encoded on its own; an answer is encoded on its own
 * too, because the policy continues the tokens of the prompt when it answers. An answer ends with the end-of-sequence
 * token. Nothing is added in front: where a template writes a start token, there is one, and never two.
 *
 * <p>Immutable, safe for use by several threads.
 */
public final class ChatEncoder {

  private final Tokenizer tokenizer;
  private final ChatTemplate template;

  /** @throws InputException if the tokenizer has no chat template */
  public ChatEncoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.template = tokenizer.chatTemplate().orElseThrow(() -> InputException.in(tokenizer.directory(),
        "the tokenizer has no chat template; name one with data.chat_template"));
  }

  /** Token ids of a conversation that waits for the assistant. */
  public int[] prompt(List<ChatMessage> messages) {
    return tokenizer.encode(template.render(messages, true));
  }

  /**
   * Token ids of the answer to a conversation, ending with the end-of-sequence token.
   *
   * @throws InputException if the template writes an answered conversation differently from a waiting one
   */
  public int[] answer(List<ChatMessage> prompt, String answer) {
    String waiting = template.render(prompt, true);
    List<ChatMessage> answered = new ArrayList<>(prompt);
    answered.add(new ChatMessage("assistant", answer));
    String whole = template.render(answered, false);
    if (!whole.startsWith(waiting)) {
      throw InputException.in(tokenizer.directory(),
          "the chat template does not continue its generation prompt when the answer is there, so answers cannot be "
              + "told from prompts");
    }
    return ended(tokenizer.encode(whole.substring(waiting.length())));
  }

  /** The text of response tokens, without special tokens. */
  public String text(int[] response) {
    return tokenizer.decode(response, true);
  }

  /** Cut behind the last end-of-sequence token, which many templates follow with a line break; added if missing. */
  private int[] ended(int[] ids) {
    for (int i = ids.length - 1; i >= 0; i--) {
      if (ids[i] == tokenizer.eosId()) {
        return Arrays.copyOf(ids, i + 1);
      }
    }
    int[] longer = Arrays.copyOf(ids, ids.length + 1);
    longer[ids.length] = tokenizer.eosId();
    return longer;
  }
}
