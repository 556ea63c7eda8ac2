package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Answers as the tokens that a model reads, by the chat template of its directory; counts those that had to be cut. */
final class ChatSequences implements AutoCloseable {

  /** What a count of cut sequences is called. */
  private static final String CUT = "answers with a prompt too long for the model, cut";

  private final Tokenizer tokenizer;
  private final ChatRenderer renderer;
  private final SequenceFitter fitter;
  private long cut;

  private ChatSequences(Tokenizer tokenizer, ChatRenderer renderer, SequenceFitter fitter) {
    this.tokenizer = tokenizer;
    this.renderer = renderer;
    this.fitter = fitter;
  }

  /**
   * For the model of a directory.
   *
   * @param maxLength longest sequence, tokens
   * @throws InputException if the directory has no tokenizer, one with more tokens than the model's
   *     embedding has rows, or no chat template
   */
  static ChatSequences open(Path directory, int maxLength) {
    return open(ModelTokenizer.load(directory), maxLength);
  }

  /** For a model elsewhere, whose tokenizer is in a directory. */
  static ChatSequences ofTokenizer(Path directory) {
    return open(Tokenizer.load(directory), Integer.MAX_VALUE);
  }

  private static ChatSequences open(Tokenizer tokenizer, int maxLength) {
    try {
      // data.chat_template is for the model of a recipe; rewards have templates of their own.
      if (tokenizer.chatTemplateSource().isEmpty()) {
        throw InputException.in(tokenizer.directory(),
            "the tokenizer has no chat template; save the one of this model as chat_template.jinja in that directory");
      }
      return new ChatSequences(tokenizer, ChatRenderer.of(tokenizer),
          new SequenceFitter(maxLength, tokenizer.bosId().orElse(-1)));
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  ChatRenderer renderer() {
    return renderer;
  }

  /** Longest sequence, tokens. */
  int maxLength() {
    return fitter.maxLength();
  }

  /** What had to be cut, if anything. */
  Map<String, Long> counts() {
    return cut == 0 ? Map.of() : Map.of(CUT, cut);
  }

  List<TokenSequence> of(List<Answer> answers) {
    List<TokenSequence> whole =
        answers.parallelStream().map(answer -> renderer.sequence(answer.prompt(), answer.text())).toList();
    return whole.stream().map(this::fit).toList();
  }

  TokenSequence fit(TokenSequence sequence) {
    TokenSequence fitted = fitter.fit(sequence);
    cut += fitted.length() < sequence.length() ? 1 : 0;
    return fitted;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
