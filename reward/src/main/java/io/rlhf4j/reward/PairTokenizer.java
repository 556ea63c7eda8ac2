package io.rlhf4j.reward;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.LengthPolicy;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PairTokens;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns preference pairs into token ids through the chat template. Both sequences end with the token that is scored;
 * see {@link PairFitter} for what happens beyond the limits.
 */
public final class PairTokenizer {

  private static final List<SkipReason> REASONS = List.of(SkipReason.PROMPT_TOO_LONG, SkipReason.TOO_LONG,
      SkipReason.EQUAL_ANSWERS, SkipReason.UNKNOWN_TOKEN);

  private final Answers answers;
  private final PairFitter fitter;
  private final int vocabulary;
  /** Behind the scored token in rows of token ids, or -1. */
  private final int surplusEos;

  /** @throws io.rlhf4j.config.InputException if the tokenizer has no chat template */
  public PairTokenizer(Tokenizer tokenizer, ScoredToken scored, DataConfig limits, LengthPolicy policy) {
    this.answers = new Answers(ChatRenderer.of(tokenizer));
    this.vocabulary = tokenizer.vocabularySize();
    this.surplusEos = scored instanceof ScoredToken.EndOfSequence(int id) && id != tokenizer.eosId()
        ? tokenizer.eosId() : -1;
    this.fitter = new PairFitter(scored, tokenizer.bosId().orElse(-1), limits.maxLength(), limits.maxPromptLength(),
        policy);
  }

  /** @throws io.rlhf4j.config.InputException if no row is left; it says how many were skipped, and why */
  public PreparedPairs prepare(DataSet<PreferencePair> rows) {
    Map<PreferencePair, Outcome> outcomes = new HashMap<>();
    rows.rows().forEach(row -> outcomes.computeIfAbsent(row, this::fit));
    DataSet<PreferencePair> usable = rows;
    for (SkipReason reason : REASONS) {
      usable = usable.skipping(reason, row -> outcomes.get(row).equals(new Outcome.Skipped(reason)));
    }
    List<PreparedPairs.Pair> pairs = new ArrayList<>();
    int truncated = 0;
    for (PreferencePair row : usable.rows()) {
      if (outcomes.get(row) instanceof Outcome.Fitted(TokenizedPair pair, boolean cut)) {
        pairs.add(new PreparedPairs.Pair(row, pair));
        truncated += cut ? 1 : 0;
      }
    }
    return new PreparedPairs(pairs, usable.skipped(), truncated);
  }

  /** One row; those that follow each other and have the same prompt cost less. */
  public Outcome fit(PreferencePair row) {
    PairTokens given = row.tokens();
    if (given != null) {
      return given.most() < vocabulary
          ? fitter.fit(given.prompt(), answer(given.chosen()), answer(given.rejected()), row.margin())
          : new Outcome.Skipped(SkipReason.UNKNOWN_TOKEN);
    }
    TokenSequence chosen = answers.sequence(row.prompt(), row.chosen());
    TokenSequence rejected = answers.sequence(row.prompt(), row.rejected());
    return fitter.fit(Arrays.copyOf(chosen.tokens(), chosen.promptLength()), answer(chosen), answer(rejected),
        row.margin());
  }

  /** Other tools end every sequence with eos, behind the token that ends a turn; scorers read no such eos. */
  private int[] answer(int[] given) {
    int last = given.length - 1;
    return last > 0 && given[last] == surplusEos ? Arrays.copyOf(given, last) : given;
  }

  private static int[] answer(TokenSequence sequence) {
    return Arrays.copyOfRange(sequence.tokens(), sequence.promptLength(), sequence.length());
  }

  /** Remembers the answers to the last prompt: rows that compare several answers to one prompt follow each other. */
  private static final class Answers {

    private final ChatRenderer renderer;
    private final Map<String, TokenSequence> known = new HashMap<>();
    private List<ChatMessage> prompt = List.of();

    Answers(ChatRenderer renderer) {
      this.renderer = renderer;
    }

    TokenSequence sequence(List<ChatMessage> asked, String answer) {
      if (!asked.equals(prompt)) {
        known.clear();
        prompt = asked;
      }
      return known.computeIfAbsent(answer, text -> renderer.sequence(asked, text));
    }
  }
}
