package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A pair that came as token ids.
 *
 * @param prompt what both sequences begin with, at least one token
 * @param chosen tokens of the preferred answer, at least one
 * @param rejected tokens of the other answer, at least one
 */
public record PairTokens(int[] prompt, int[] chosen, int[] rejected) {

  /** Names of the columns of both sequences: TRL's and XTuner's, and TRL's older ones. */
  private static final List<List<String>> COLUMNS = List.of(List.of("chosen_ids", "rejected_ids"),
      List.of("chosen_input_ids", "rejected_input_ids"), List.of("input_ids_chosen", "input_ids_rejected"));
  private static final String PROMPT = "prompt_ids";

  /** The greatest id. */
  public int most() {
    return Stream.of(prompt, chosen, rejected).flatMapToInt(IntStream::of).max().orElse(0);
  }

  /** The sequences of a row without their padding; the prompt is {@code prompt_ids}, or what both begin with. */
  static PairTokens of(JsonNode row) throws BadRow {
    for (List<String> names : COLUMNS) {
      if (row.hasNonNull(names.get(0)) && row.hasNonNull(names.get(1))) {
        int[] prompt = row.path(PROMPT).isArray() ? attended(row, PROMPT, "prompt") : new int[0];
        return of(attended(row, names.get(0), "chosen"), attended(row, names.get(1), "rejected"), prompt);
      }
    }
    throw new BadRow(SkipReason.MISSING_KEY);
  }

  /** @param asked empty where the row names no prompt */
  private static PairTokens of(int[] chosen, int[] rejected, int[] asked) throws BadRow {
    if (Arrays.equals(chosen, rejected)) {
      throw new BadRow(SkipReason.EQUAL_ANSWERS);
    }
    // Both answers keep a token: the last one of each is scored.
    int most = Math.min(chosen.length, rejected.length) - 1;
    int shared = Arrays.mismatch(chosen, rejected);
    int prompt = Math.min(shared, most);
    if (asked.length > 0) {
      if (asked.length > prompt || Arrays.mismatch(asked, Arrays.copyOf(chosen, asked.length)) >= 0) {
        throw new BadRow(SkipReason.DIFFERENT_PROMPTS);
      }
      prompt = asked.length;
    }
    if (prompt < 1) {
      throw new BadRow(SkipReason.EMPTY_PROMPT);
    }
    return new PairTokens(Arrays.copyOf(chosen, prompt), Arrays.copyOfRange(chosen, prompt, chosen.length),
        Arrays.copyOfRange(rejected, prompt, rejected.length));
  }

  /** The ids of a column that its attention mask, if there is one, does not hide. */
  private static int[] attended(JsonNode row, String column, String side) throws BadRow {
    int[] ids = ids(row.get(column));
    for (String name : List.of(side + "_attention_mask", "attention_mask_" + side)) {
      if (row.hasNonNull(name)) {
        int[] mask = ids(row.get(name));
        if (mask.length != ids.length) {
          throw new BadRow(SkipReason.WRONG_MASK);
        }
        int[] seen = IntStream.range(0, ids.length).filter(i -> mask[i] != 0).map(i -> ids[i]).toArray();
        if (seen.length == 0) {
          throw new BadRow(SkipReason.BAD_VALUE);
        }
        return seen;
      }
    }
    return ids;
  }

  private static int[] ids(JsonNode list) throws BadRow {
    if (!list.isArray() || list.isEmpty()) {
      throw new BadRow(SkipReason.BAD_VALUE);
    }
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
        throw new BadRow(SkipReason.BAD_VALUE);
      }
      ids[i] = id.intValue();
    }
    return ids;
  }
}
