package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads preference pairs. A row has {@code chosen} and {@code rejected} and may have a {@code margin}:
 *
 * <ul>
 *   <li>{@code prompt} (text or messages) with both answers as texts or messages;
 *   <li>both as whole conversations in messages, which share all turns but the last;
 *   <li>both as whole dialogues in one text, {@code "\n\nHuman: ...\n\nAssistant: ..."}, as hh-rlhf publishes them.
 * </ul>
 *
 * <p>A {@link PreferenceLayout} reads files with other columns, and layouts that rate answers one by one.
 */
public final class PreferenceReader {

  private PreferenceReader() {}

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<PreferencePair> read(Path file, DataFormat format) {
    return read(file, PreferenceLayout.of(format));
  }

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<PreferencePair> read(Path file, PreferenceLayout layout) {
    return RowReader.expand(file, expander(file, layout));
  }

  /**
   * Gives the pairs of a file one after the other and keeps none, so that the file may be larger than memory.
   *
   * @param sink takes a pair, or says why it cannot be used
   * @return what was skipped, with the first lines of each reason
   * @throws InputException if the file cannot be read
   */
  public static SkippedRows each(Path file, PreferenceLayout layout,
      Function<? super PreferencePair, Optional<SkipReason>> sink) {
    return RowReader.each(file, expander(file, layout), sink);
  }

  private static RowReader.Expander<PreferencePair> expander(Path file, PreferenceLayout layout) {
    RowReader.Expander<PreferencePair> plain = switch (layout.format()) {
      case ULTRAFEEDBACK -> new Rated(new RatedRows.UltraFeedback(), layout.minScoreGap());
      case HELPSTEER2 -> new Rated(new RatedRows.HelpSteer2(), layout.minScoreGap());
      case TOKENIZED -> (row, line, pairs) -> pairs.accept(wideEnough(
          new PreferencePair(List.of(), "", "", margin(row), line, PairTokens.of(row)), layout.minScoreGap()));
      case AUTO, STANDARD, HH_RLHF, XTUNER, ULTRAFEEDBACK_BINARIZED, ORPO_DPO_MIX, SKYWORK, PREFERENCE_MIXTURE2 ->
          (row, line, pairs) -> pairs.accept(wideEnough(
              pair(layout.standard(row), layout.format(), line), layout.minScoreGap()));
    };
    return layout.hook() == null ? plain : new Hooked(file, layout.hook(), plain);
  }

  /** Rows that users' code has changed first. */
  private record Hooked(Path file, RowHook hook, RowReader.Expander<PreferencePair> rest)
      implements RowReader.Expander<PreferencePair> {

    @Override
    public void expand(JsonNode row, long line, Consumer<PreferencePair> pairs) throws BadRow {
      rest.expand(RowHooks.apply(hook, row, file, line), line, pairs);
    }

    @Override
    public void finish(BiConsumer<Long, SkipReason> skipped) {
      rest.finish(skipped);
    }
  }

  /** Pairs that come out of single ratings. */
  private record Rated(RatedRows rows, double minScoreGap, List<Long> narrow)
      implements RowReader.Expander<PreferencePair> {

    Rated(RatedRows rows, double minScoreGap) {
      this(rows, minScoreGap, new ArrayList<>());
    }

    @Override
    public void expand(JsonNode row, long line, Consumer<PreferencePair> pairs) throws BadRow {
      List<PreferencePair> all = new ArrayList<>();
      rows.accept(row, line, all::add);
      List<PreferencePair> wide = all.stream().filter(pair -> pair.margin() >= minScoreGap).toList();
      if (wide.isEmpty() && !all.isEmpty()) {
        // A pair of two rows has the line of the first.
        all.stream().map(PreferencePair::line).filter(other -> other != line).forEach(narrow::add);
        throw new BadRow(SkipReason.SMALL_GAP);
      }
      wide.forEach(pairs);
    }

    @Override
    public void finish(BiConsumer<Long, SkipReason> skipped) {
      narrow.forEach(line -> skipped.accept(line, SkipReason.SMALL_GAP));
      rows.finish(skipped);
    }
  }

  private static PreferencePair wideEnough(PreferencePair pair, double minScoreGap) throws BadRow {
    if (minScoreGap > 0 && !(pair.margin() >= minScoreGap)) {
      throw new BadRow(SkipReason.SMALL_GAP);
    }
    return pair;
  }

  private static PreferencePair pair(JsonNode row, DataFormat format, long line) throws BadRow {
    Answered chosen = answered(row, "chosen", format);
    Answered rejected = answered(row, "rejected", format);
    if (!chosen.prompt().equals(rejected.prompt())) {
      throw new BadRow(SkipReason.DIFFERENT_PROMPTS);
    }
    if (chosen.answer().equals(rejected.answer())) {
      throw new BadRow(SkipReason.EQUAL_ANSWERS);
    }
    return new PreferencePair(chosen.prompt(), chosen.answer(), rejected.answer(), margin(row), line);
  }

  private static Answered answered(JsonNode row, String key, DataFormat format) throws BadRow {
    JsonNode answer = row.path(key);
    if (format == DataFormat.HH_RLHF) {
      return Answered.ofTurns(Turns.ofDialogue(Turns.text(answer)));
    }
    if (row.hasNonNull("prompt")) {
      return Answered.of(row.path("prompt"), answer);
    }
    if (answer.isArray()) {
      return Answered.ofTurns(Turns.ofMessages(answer));
    }
    String text = Turns.text(answer);
    if (format == DataFormat.AUTO && Turns.isDialogue(text)) {
      return Answered.ofTurns(Turns.ofDialogue(text));
    }
    throw new BadRow(SkipReason.MISSING_KEY);
  }

  private static double margin(JsonNode row) throws BadRow {
    JsonNode margin = row.path("margin");
    if (PreferenceLayout.noNumber(margin)) {
      return 0;
    }
    if (!margin.isNumber() || !Double.isFinite(margin.doubleValue())) {
      throw new BadRow(SkipReason.BAD_VALUE);
    }
    return margin.doubleValue();
  }
}
