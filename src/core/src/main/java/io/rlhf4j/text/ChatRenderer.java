package io.rlhf4j.text;

import io.rlhf4j.config.InputException;
import io.rlhf4j.rl.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Conversations as token ids: the one way in which prompts, demonstrations and answers to be scored are written, so
 * that every stage reads the same tokens.
 *
 * <p>An answer ends with the token that ends a turn of the template ({@link #turnEndId()}) and nothing after it,
 * exactly where generation stops. The prompt's tokens are always a prefix of the whole: they are what a policy is
 * given. A start-of-sequence token appears only where the template writes one, and once. Special tokens that are
 * spelled out in a message are ordinary text.
 *
 * <p>Safe for use by several threads as long as the tokenizer is open.
 */
public final class ChatRenderer {

  private static final ChatMessage QUESTION = ChatMessage.user("question");
  private static final String ANSWER = "answer";

  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final ControlTokens controlTokens;
  private final int turnEndId;
  /** Spelling of the token that ends a turn; empty if the template writes none. */
  private final String turnEnd;
  private final RecentPrompts prompts = new RecentPrompts();

  /**
   * Uses a template in place of the tokenizer's own.
   *
   * @throws InputException if the template does not show where an assistant's turn begins
   */
  public ChatRenderer(Tokenizer tokenizer, ChatTemplate template) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.controlTokens = new ControlTokens(tokenizer.controlTokens());
    String afterAnswer = afterAnswer();
    int[] added = Arrays.stream(tokenizer.encode(afterAnswer)).filter(tokenizer::isAdded)
        .filter(id -> afterAnswer.contains(spelling(id))).toArray();
    this.turnEndId = added.length == 0 ? tokenizer.eosId() : added[0];
    this.turnEnd = added.length == 0 ? "" : spelling(turnEndId);
  }

  /**
   * Uses the tokenizer's own chat template.
   *
   * @throws InputException if it has none, or one that is not supported
   */
  public static ChatRenderer of(Tokenizer tokenizer) {
    ChatTemplate template = tokenizer.chatTemplate().orElseThrow(() -> InputException.in(tokenizer.directory(),
        "the tokenizer has no chat template; set data.chat_template to one"));
    return new ChatRenderer(tokenizer, template);
  }

  /** The token that ends an assistant's turn: generation stops at it, and scores are read at it. */
  public int turnEndId() {
    return turnEndId;
  }

  /** What a policy is given to answer: the conversation and the header of the assistant's turn. */
  public String promptText(List<ChatMessage> prompt) {
    return template.render(prompt, true);
  }

  /** Token ids of {@link #promptText}. */
  public int[] promptIds(List<ChatMessage> prompt) {
    return prompts.of(render(prompt, true), this::encodePrompt).ids().clone();
  }

  /**
   * A prompt with an answer, ending with {@link #turnEndId()}.
   *
   * @throws InputException if the template writes prompts with and without an answer differently
   */
  public TokenSequence sequence(List<ChatMessage> prompt, String answer) {
    List<ChatMessage> messages = new ArrayList<>(prompt);
    messages.add(ChatMessage.assistant(answer));
    String text = render(messages, false);
    MaskedTokens tokens = tokens(text, List.of(span(messages, messages.size() - 1, text)));
    return new TokenSequence(tokens.tokens(), tokens.firstTrained());
  }

  /**
   * A conversation in which every turn of the assistant is to be learned; it ends with the last of them. Each answer
   * follows the tokens of its prompt as a policy is given them.
   *
   * @throws InputException if the assistant says nothing, or if the template writes a turn differently once others
   *     follow (as those do that drop earlier thoughts): such a conversation must be given as one {@link #sequence} per
   *     answer
   */
  public MaskedTokens conversation(List<ChatMessage> messages) {
    String text = render(messages, false);
    List<Span> spans = new ArrayList<>();
    for (int turn = 0; turn < messages.size(); turn++) {
      if (messages.get(turn).isAssistant()) {
        spans.add(span(messages, turn, text));
      }
    }
    if (spans.isEmpty()) {
      throw new InputException("the conversation has no assistant turn; expected at least one to learn from");
    }
    return tokens(text, spans);
  }

  /** What an assistant's turn is within the text of the whole conversation. */
  private record Span(int start, int end) {}

  private Span span(List<ChatMessage> messages, int turn, String text) {
    String before = render(messages.subList(0, turn), true);
    if (!text.startsWith(before)) {
      throw new InputException("chat template: writes the messages before turn " + (turn + 1)
          + " differently when it asks for an answer; the answer cannot be told from the prompt");
    }
    // The template may write more where a conversation ends than where it goes on: only what both share is the turn.
    int shared = turn + 1 == messages.size() ? text.length()
        : shared(text, render(messages.subList(0, turn + 1), false));
    if (turnEnd.isEmpty()) {
      return new Span(before.length(), shared);
    }
    int end = text.lastIndexOf(turnEnd, shared - turnEnd.length());
    if (end < before.length()) {
      throw new InputException("chat template: writes turn " + (turn + 1)
          + " differently once other turns follow; give one conversation per answer instead");
    }
    return new Span(before.length(), end + turnEnd.length());
  }

  private static int shared(String a, String b) {
    int mismatch = Arrays.mismatch(a.toCharArray(), b.toCharArray());
    return mismatch < 0 ? a.length() : mismatch;
  }

  private MaskedTokens tokens(String text, List<Span> spans) {
    int[] tokens = new int[0];
    List<int[]> trained = new ArrayList<>();
    int done = 0;
    for (Span span : spans) {
      int before;
      if (done == 0) {
        RecentPrompts.Encoded prompt = prompts.of(text.substring(0, span.start()), this::encodePrompt);
        before = prompt.ids().length;
        tokens = extend(prompt, text, span.start(), span.end());
      } else {
        int[] prompt = extend(tokens, text, done, span.start());
        before = prompt.length;
        tokens = extend(prompt, text, span.start(), span.end());
      }
      trained.add(new int[] {before, tokens.length});
      done = span.end();
    }
    if (turnEnd.isEmpty()) {
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = turnEndId;
      trained.getLast()[1]++;
    }
    boolean[] mask = new boolean[tokens.length];
    trained.forEach(range -> Arrays.fill(mask, range[0], range[1], true));
    return new MaskedTokens(tokens, mask);
  }

  /**
   * The tokens of {@code text[0, end)} that begin with those already fixed for {@code text[0, start)}. Encoding the
   * whole keeps the rules for the start of a text from applying in the middle. Where a token would straddle the
   * boundary, the new part is encoded by itself, since a policy continues from the tokens it was given.
   */
  private int[] extend(int[] fixed, String text, int start, int end) {
    int[] whole = encode(text.substring(0, end));
    if (whole.length >= fixed.length && Arrays.equals(whole, 0, fixed.length, fixed, 0, fixed.length)) {
      return whole;
    }
    return joined(fixed, fixed.length, encodeParts(text.substring(start, end)));
  }

  /** The same for an answer to a prompt, of which only the end is encoded again where that makes no difference. */
  private int[] extend(RecentPrompts.Encoded prompt, String text, int start, int end) {
    if (prompt.cut() < 0 || ControlTokens.isGuarded(text.substring(start, end))) {
      return extend(prompt.ids(), text, start, end);
    }
    int[] ids = prompt.ids();
    int[] tail = encode(text.substring(prompt.cut(), end));
    int fixed = ids.length - prompt.before();
    return tail.length >= fixed && Arrays.equals(tail, 0, fixed, ids, prompt.before(), ids.length)
        ? joined(ids, prompt.before(), tail) : joined(ids, ids.length, encodeParts(text.substring(start, end)));
  }

  private static int[] joined(int[] first, int count, int[] second) {
    int[] joined = Arrays.copyOf(first, count + second.length);
    System.arraycopy(second, 0, joined, count, second.length);
    return joined;
  }

  private RecentPrompts.Encoded encodePrompt(String text) {
    int[] ids = encode(text);
    int last = ids.length - 1;
    while (last >= 0 && !tokenizer.isAdded(ids[last])) {
      last--;
    }
    int cut = last < 0 ? -1 : text.lastIndexOf(spelling(ids[last]));
    boolean usable = cut >= 0 && !ControlTokens.isGuarded(text.substring(cut))
        && Arrays.equals(encode(text.substring(cut)), Arrays.copyOfRange(ids, last, ids.length));
    return new RecentPrompts.Encoded(ids, usable ? cut : -1, Math.max(0, last));
  }

  private int[] encode(String text) {
    int[] ids = encodeParts(text);
    int bos = tokenizer.bosId().orElse(-1);
    boolean doubled = ids.length > 1 && ids[0] == bos && ids[1] == bos;
    return doubled ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
  }

  private int[] encodeParts(String text) {
    return Arrays.stream(ControlTokens.parts(text)).map(tokenizer::encode).flatMapToInt(Arrays::stream).toArray();
  }

  private String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return template.render(controlTokens.guard(messages), addGenerationPrompt);
  }

  /** What the template writes after an answer. */
  private String afterAnswer() {
    String prompt = template.render(List.of(QUESTION), true);
    String whole = template.render(List.of(QUESTION, ChatMessage.assistant(ANSWER)), false);
    int answer = whole.lastIndexOf(ANSWER);
    if (!whole.startsWith(prompt) || answer < prompt.length()) {
      throw new InputException("chat template: a prompt with its answer does not begin with the prompt; found "
          + quoted(whole) + " after " + quoted(prompt));
    }
    return whole.substring(answer + ANSWER.length());
  }

  private String spelling(int id) {
    return tokenizer.decode(new int[] {id}, false);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\n", "\\n") + '"';
  }
}
