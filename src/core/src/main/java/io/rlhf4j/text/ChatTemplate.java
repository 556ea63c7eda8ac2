package io.rlhf4j.text;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.jinja.Template;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns a conversation into the text that a model was trained to read, byte for byte as Hugging Face's
 * {@code apply_chat_template} does. What a message says is data: template syntax in it is never interpreted.
 *
 * <p>Immutable, safe for use by several threads.
 */
public final class ChatTemplate {

  private final Template template;
  private final Map<String, Object> variables;
  /** Where the source is, for messages; may be empty. */
  private final String origin;

  private ChatTemplate(Template template, Map<String, Object> variables, String origin) {
    this.template = template;
    this.variables = variables;
    this.origin = origin;
  }

  /** Like {@link #parse(String, Map)}; messages begin with the place where the source is. */
  static ChatTemplate in(Path file, String source, Map<String, ? extends @Nullable Object> variables) {
    String origin = file + ": ";
    return naming(origin, () -> new ChatTemplate(Template.parse(source, Clock.systemDefaultZone()),
        new HashMap<>(variables), origin));
  }

  /**
   * Parses a Jinja template.
   *
   * @param variables what the template may refer to beside the messages, such as {@code bos_token}
   * @throws InputException with the line of the template if it is malformed or uses what is not supported
   */
  public static ChatTemplate parse(String source, Map<String, ? extends @Nullable Object> variables) {
    return parse(source, variables, Clock.systemDefaultZone());
  }

  /** Like {@link #parse(String, Map)}, with the clock behind {@code strftime_now}. */
  public static ChatTemplate parse(String source, Map<String, ? extends @Nullable Object> variables, Clock clock) {
    return new ChatTemplate(Template.parse(source, clock), new HashMap<>(variables), "");
  }

  /**
   * Renders a conversation.
   *
   * @param addGenerationPrompt whether to end with the header of an assistant's turn, for the model to continue
   * @throws InputException if the template refuses the conversation, for example because roles do not alternate
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    Map<String, @Nullable Object> all = new HashMap<>(variables);
    // Hugging Face always passes these two, so that templates can compare them with none.
    all.putIfAbsent("tools", null);
    all.putIfAbsent("documents", null);
    all.put("messages", maps(messages));
    all.put("add_generation_prompt", addGenerationPrompt);
    return naming(origin, () -> template.render(all));
  }

  private static <T> T naming(String origin, Supplier<T> work) {
    try {
      return work.get();
    } catch (InputException e) {
      throw origin.isEmpty() ? e : new InputException(origin + e.getMessage(), e);
    }
  }

  private static List<Map<String, String>> maps(List<ChatMessage> messages) {
    List<Map<String, String>> maps = new ArrayList<>();
    for (ChatMessage message : messages) {
      Map<String, String> map = new LinkedHashMap<>();
      map.put("role", message.role());
      map.put("content", message.content());
      maps.add(map);
    }
    return maps;
  }
}
