package io.rlhf4j.reward.kind;

import io.rlhf4j.text.ChatMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Writes answers to conversations. One thread at a time. */
public interface TextGenerator extends AutoCloseable {

  /**
   * One answer to each prompt.
   *
   * @param attempt the same prompt gets another answer at another attempt, if the temperature allows it
   */
  List<String> answer(List<List<ChatMessage>> prompts, int attempt);

  /**
   * Like {@link #answer}, where one failed request need not end the work.
   *
   * @return empty for a prompt whose request failed
   * @throws RemoteException if the server is out of reach for all of them
   */
  default List<Optional<String>> tryAnswer(List<List<ChatMessage>> prompts, int attempt) {
    return answer(prompts, attempt).stream().map(Optional::of).toList();
  }

  /** Whether the model can read all of the prompt; one behind an address is not asked. */
  default boolean fits(List<ChatMessage> prompt) {
    return true;
  }

  @Override
  void close();

  /**
   * Opens a model directory, or an address of OpenAI-compatible chat completions.
   *
   * @param model directory or {@code http://...}
   * @throws io.rlhf4j.config.InputException if it cannot be used
   */
  static TextGenerator open(String model, GenerationSettings settings) {
    return open(model, settings, Duration.ofMinutes(3), 3);
  }

  /**
   * Like {@link #open(String, GenerationSettings)}.
   *
   * @param timeout of a request to an address
   * @param retries further requests after a failure of network or server that may pass
   */
  static TextGenerator open(String model, GenerationSettings settings, Duration timeout, int retries) {
    return model.matches("https?://.*") ? new HttpGenerator(model, settings, timeout, retries)
        : LocalGenerator.open(model, settings);
  }
}
