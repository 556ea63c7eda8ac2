package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads judged steps: rows with {@code prompt} (text or messages), {@code completions}, a list of steps, and
 * {@code labels}, one for each of them: true, false, a number from 0 to 1, or the "+" and "-" of Math-Shepherd. A
 * {@link StepLayout} reads files with other columns.
 */
public final class LabelledStepsReader {

  private LabelledStepsReader() {}

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<LabelledSteps> read(Path file, StepLayout layout) {
    return RowReader.read(file, parser(file, layout));
  }

  /**
   * Gives the answers of a file one after the other and keeps none, so that the file may be larger than memory.
   *
   * @param sink takes an answer, or says why it cannot be used
   * @return what was skipped, with the first lines of each reason
   * @throws InputException if the file cannot be read
   */
  public static SkippedRows each(Path file, StepLayout layout,
      Function<? super LabelledSteps, Optional<SkipReason>> sink) {
    return RowReader.each(file, parser(file, layout), sink);
  }

  private static RowReader.Parser<LabelledSteps> parser(Path file, StepLayout layout) {
    return (given, index, line) -> {
      JsonNode row = layout.standard(layout.hook() == null ? given
          : RowHooks.apply(layout.hook(), given, file, line));
      List<String> steps = steps(list(row, "completions"), layout.separator());
      List<Double> labels = labels(list(row, "labels"));
      if (steps.size() != labels.size()) {
        throw new BadRow(SkipReason.LABELS_WITHOUT_STEPS);
      }
      return new LabelledSteps(Turns.ofPrompt(row.path("prompt")), steps, labels, line);
    };
  }

  private static JsonNode list(JsonNode row, String key) throws BadRow {
    if (!row.hasNonNull(key)) {
      throw new BadRow(SkipReason.MISSING_KEY);
    }
    if (!row.path(key).isArray()) {
      throw new BadRow(SkipReason.BAD_VALUE);
    }
    if (row.path(key).isEmpty()) {
      throw new BadRow(SkipReason.EMPTY_ANSWER);
    }
    return row.path(key);
  }

  private static List<String> steps(JsonNode completions, String separator) throws BadRow {
    List<String> steps = new ArrayList<>();
    for (JsonNode completion : completions) {
      String step = Turns.checkedAnswer(Turns.text(completion));
      while (step.endsWith(separator)) {
        step = step.substring(0, step.length() - separator.length());
      }
      if (step.contains(separator)) {
        throw new BadRow(SkipReason.SEPARATOR_IN_STEP);
      }
      steps.add(Turns.checkedAnswer(step));
    }
    return steps;
  }

  private static List<Double> labels(JsonNode values) throws BadRow {
    List<Double> labels = new ArrayList<>();
    for (JsonNode value : values) {
      double label = label(value);
      if (!(label >= 0 && label <= 1)) {
        throw new BadRow(SkipReason.BAD_VALUE);
      }
      labels.add(label);
    }
    return labels;
  }

  /** NaN if it is no label. */
  private static double label(JsonNode value) {
    if (value.isTextual()) {
      return switch (value.textValue().strip()) {
        case "+" -> 1;
        case "-" -> 0;
        default -> Double.NaN;
      };
    }
    return value.isBoolean() ? value.booleanValue() ? 1 : 0 : value.isNumber() ? value.doubleValue() : Double.NaN;
  }
}
