package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.List;

/** A task that makes its own data and can judge any reply to its prompts. */
public interface Task {

  /** The name by which a recipe asks for this task. */
  String name();

  /**
   * Writes the five data files of {@link TaskFile} into a directory, which is made when it is missing. The same seed
   * gives the same bytes.
   *
   * @throws InputException if the directory cannot be written
   */
  void generate(Path directory, long seed);

  /**
   * How good a reply is in truth, on a scale where a difference {@code d} means that it is preferred with probability
   * {@code sigmoid(d)}.
   *
   * @throws InputException if the prompt is not one of this task
   */
  double gold(List<ChatMessage> prompt, String reply);

  /**
   * The gold score of the best possible reply to a prompt.
   *
   * @throws InputException if the prompt is not one of this task
   */
  double best(List<ChatMessage> prompt);

  /**
   * The built-in task of that name.
   *
   * @throws InputException if there is none; the message lists the names there are
   */
  static Task named(String name) {
    List<Task> tasks = List.of(new QuickstartTask());
    return tasks.stream().filter(task -> task.name().equals(name)).findFirst()
        .orElseThrow(() -> InputException.key("task", "no built-in task is called '" + name + "'; there is "
            + String.join(", ", tasks.stream().map(Task::name).toList())));
  }
}
