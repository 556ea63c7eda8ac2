package io.rlhf4j.reward.serve;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatParser;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What clients mean by a prompt that comes as one text. OpenRLHF's clients send what their chat template wrote; taken
 * as the words of a user, it would go through a template once more.
 */
public final class PromptTexts implements AutoCloseable {

  /** How a text is read. */
  public enum Form {
    /** As rendered if the template wrote it, as plain if it has no marks of the template; anything else is refused. */
    AUTO,
    /** What a user said. */
    PLAIN,
    /** What the template wrote; anything else is refused. */
    RENDERED
  }

  private final Form form;
  private final @Nullable Template template;

  /** Whose marks are looked for. */
  private record Template(Tokenizer tokenizer, ChatParser parser, List<String> marks, List<String> starts,
      List<String> ends) {

    static Template load(Path directory) {
      Tokenizer tokenizer = Tokenizer.load(directory);
      try {
        ChatRenderer renderer = ChatRenderer.of(tokenizer);
        String eos = spelling(tokenizer, tokenizer.eosId());
        String pad = spelling(tokenizer, tokenizer.padId());
        List<String> starts = new ArrayList<>(List.of(pad, eos));
        tokenizer.bosId().ifPresent(bos -> starts.add(spelling(tokenizer, bos)));
        return new Template(tokenizer, new ChatParser(renderer),
            List.copyOf(tokenizer.controlTokens()), starts,
            List.of(spelling(tokenizer, renderer.turnEndId()), eos, pad));
      } catch (RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    }

    private static String spelling(Tokenizer tokenizer, int id) {
      return tokenizer.decode(new int[] {id}, false);
    }

    boolean hasMarks(String text) {
      return marks.stream().anyMatch(text::contains);
    }
  }

  /** A question with its answer, as one text was split. */
  record Split(List<ChatMessage> prompt, String answer) {}

  private PromptTexts(Form form, @Nullable Template template) {
    this.form = form;
    this.template = template;
  }

  /** Every text is what a user said. */
  public static PromptTexts plain() {
    return new PromptTexts(Form.PLAIN, null);
  }

  /**
   * @param directory of the tokenizer with whose template clients write prompts; null if none is known
   * @throws InputException if the directory has none, or none is given although all prompts are rendered
   */
  public static PromptTexts of(Form form, @Nullable Path directory) {
    if (form == Form.RENDERED && directory == null) {
      throw InputException.key("--prompts", "is rendered, which needs --prompts-tokenizer");
    }
    return new PromptTexts(form, form == Form.PLAIN || directory == null ? null : Template.load(directory));
  }

  /** The value of {@code --prompts}. */
  public static Form form(String name) {
    for (Form form : Form.values()) {
      if (form.name().toLowerCase(Locale.ROOT).equals(name)) {
        return form;
      }
    }
    throw InputException.key("--prompts", "is " + name + ", must be auto, plain or rendered");
  }

  /**
   * A prompt.
   *
   * @param number of the prompt in its request, from 1
   * @throws Refused if it cannot be read
   */
  List<ChatMessage> messages(String prompt, int number) {
    if (template == null) {
      return List.of(ChatMessage.user(prompt));
    }
    Optional<List<ChatMessage>> read = template.parser().prompt(prompt);
    if (read.isPresent()) {
      return read.get();
    }
    // Some tokenizers write their start token, some leave it to the template.
    String inner = withoutStarts(prompt, "");
    Optional<List<ChatMessage>> withoutStart =
        inner.equals(prompt) ? Optional.empty() : template.parser().prompt(inner);
    if (withoutStart.isPresent()) {
      return withoutStart.get();
    }
    if (form == Form.RENDERED || template.hasMarks(prompt)) {
      throw new Refused(Refused.Reason.MALFORMED, "prompt " + number + " is not as the chat template of "
          + template.tokenizer().directory() + " writes it; send messages and responses, or start the server with "
          + "--prompts-tokenizer of the model that wrote it, or with --prompts plain");
    }
    return List.of(ChatMessage.user(prompt));
  }

  /**
   * The answer is what follows the prompt, without the tokens that end it.
   *
   * @param number of the query in its request, from 1
   */
  Split split(String query, String prompt, int number) {
    String text = query.startsWith(prompt) ? query : withoutStarts(query, prompt);
    if (!text.startsWith(prompt)) {
      throw new Refused(Refused.Reason.MALFORMED, "query " + number + " does not begin with its prompt");
    }
    String answer = text.substring(prompt.length()).strip();
    List<ChatMessage> messages = messages(prompt, number);
    boolean asPlain = messages.size() == 1 && messages.getFirst().content().equals(prompt);
    return new Split(asPlain ? List.of(ChatMessage.user(prompt.strip())) : messages, withoutEnds(answer));
  }

  /** Without padding and start tokens before {@code prompt}. */
  private String withoutStarts(String text, String prompt) {
    String rest = text;
    boolean shorter = template != null;
    while (shorter && (prompt.isEmpty() || !rest.startsWith(prompt))) {
      String before = rest;
      rest = template.starts().stream().filter(start -> !start.isEmpty()).filter(before::startsWith).findFirst()
          .map(start -> before.substring(start.length())).orElse(before);
      shorter = rest.length() < before.length();
    }
    return rest;
  }

  private String withoutEnds(String answer) {
    String rest = answer;
    boolean shorter = template != null;
    while (shorter) {
      String before = rest;
      rest = template.ends().stream().filter(end -> !end.isEmpty()).filter(before::endsWith).findFirst()
          .map(end -> before.substring(0, before.length() - end.length()).strip()).orElse(before);
      shorter = rest.length() < before.length();
    }
    return rest;
  }

  @Override
  public void close() {
    if (template != null) {
      template.tokenizer().close();
    }
  }
}
