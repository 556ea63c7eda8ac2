package io.rlhf4j.actor.dpo;

import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PairTokens;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.data.SkippedRows;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns preference pairs into token ids through the chat template; pairs beyond the limits are skipped. */
public final class PairEncoder {

  private static final List<SkipReason> REASONS =
      List.of(SkipReason.UNKNOWN_TOKEN, SkipReason.PROMPT_TOO_LONG, SkipReason.TOO_LONG);

  private final ChatRenderer renderer;
  private final Set<Integer> formatTokens = new HashSet<>();
  private final int vocabulary;
  private final int maxLength;
  private final int maxPromptLength;

  /**
   * @param maskFormatTokens whether special tokens are left out of the comparison
   * @param maxLength longest sequence, tokens
   * @param maxPromptLength longest prompt, tokens
   */
  public PairEncoder(Tokenizer tokenizer, boolean maskFormatTokens, int maxLength, int maxPromptLength) {
    this.renderer = ChatRenderer.of(tokenizer);
    this.vocabulary = tokenizer.vocabularySize();
    this.maxLength = maxLength;
    this.maxPromptLength = maxPromptLength;
    if (maskFormatTokens) {
      formatTokens.add(renderer.turnEndId());
      formatTokens.add(tokenizer.eosId());
      tokenizer.specialTokens().forEach((name, token) -> {
        if (!name.equals("unk_token")) {
          tokenizer.idOf(token).ifPresent(formatTokens::add);
        }
      });
    }
  }

  /**
   * Encoded pairs.
   *
   * @param pairs the usable rows in the order of the file
   * @param skipped rows that could not be used
   */
  public record Encoded(List<DpoPair> pairs, SkippedRows skipped) {}

  /** @throws io.rlhf4j.config.InputException if no row is left; it says how many were skipped, and why */
  public Encoded encode(DataSet<PreferencePair> rows) {
    Map<PreferencePair, Outcome> outcomes = new HashMap<>();
    rows.rows().forEach(row -> outcomes.computeIfAbsent(row, this::fit));
    DataSet<PreferencePair> usable = rows;
    for (SkipReason reason : REASONS) {
      usable = usable.skipping(reason, row -> outcomes.get(row).equals(new Outcome.Skipped(reason)));
    }
    return new Encoded(usable.rows().stream().map(row -> ((Outcome.Fitted) outcomes.get(row)).pair()).toList(),
        usable.skipped());
  }

  /** What became of a row. */
  public sealed interface Outcome {

    /** It can be used. */
    record Fitted(DpoPair pair) implements Outcome {}

    /** It is left out. */
    record Skipped(SkipReason reason) implements Outcome {}
  }

  /** One row. */
  public Outcome fit(PreferencePair row) {
    if (row.tokens() != null && row.tokens().most() >= vocabulary) {
      return new Outcome.Skipped(SkipReason.UNKNOWN_TOKEN);
    }
    DpoPair pair = encode(row);
    if (pair.chosen().promptLength() > maxPromptLength) {
      return new Outcome.Skipped(SkipReason.PROMPT_TOO_LONG);
    }
    return Math.max(pair.chosen().length(), pair.rejected().length()) > maxLength
        ? new Outcome.Skipped(SkipReason.TOO_LONG) : new Outcome.Fitted(pair);
  }

  private DpoPair encode(PreferencePair row) {
    PairTokens given = row.tokens();
    if (given != null) {
      return pair(TokenSequence.of(given.prompt(), given.chosen()), TokenSequence.of(given.prompt(), given.rejected()));
    }
    TokenSequence chosen = renderer.sequence(row.prompt(), row.chosen());
    TokenSequence rejected = renderer.sequence(row.prompt(), row.rejected());
    return pair(chosen, rejected);
  }

  /** A pair of sequences, of which the format tokens do not count in the comparison. */
  DpoPair pair(TokenSequence chosen, TokenSequence rejected) {
    return new DpoPair(chosen, rejected, compared(chosen), compared(rejected));
  }

  private boolean[] compared(TokenSequence sequence) {
    boolean[] compared = new boolean[sequence.responseLength()];
    for (int t = 0; t < compared.length; t++) {
      compared[t] = !formatTokens.contains(sequence.tokens()[sequence.promptLength() + t]);
    }
    return compared;
  }
}
