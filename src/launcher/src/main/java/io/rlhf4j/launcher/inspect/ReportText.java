package io.rlhf4j.launcher.inspect;

import io.rlhf4j.launcher.inspect.ModelReport.TokenizerReport;
import io.rlhf4j.model.family.FieldUse;
import io.rlhf4j.telemetry.TextTable;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A report for people. */
final class ReportText {

  private static final int COLUMN = 60;

  private ReportText() {}

  static String of(ModelReport report) {
    TextTable summary = new TextTable("", "value").wrapAt(100)
        .row("model type", report.modelType())
        .row("architecture", String.join(", ", report.architectures()))
        .row("supported", report.supported() ? "yes" : "no")
        .row("layers", report.shape().layers() + " of hidden size " + report.shape().hiddenSize())
        .row("heads", report.shape().heads() + " for queries, " + report.shape().kvHeads() + " for keys, size "
            + report.shape().headSize())
        .row("longest sequence", report.shape().maxPositions() + " tokens");
    if (report.parameters() != null) {
      summary.row("parameters", grouped(report.parameters()));
      summary.row("stored as", report.dtypes().entrySet().stream()
          .map(entry -> entry.getKey() + " (" + grouped(entry.getValue()) + ")")
          .collect(Collectors.joining(", ")));
    }
    TextTable fields = new TextTable("config.json", "value", "support", "note").wrapAt(COLUMN);
    report.fields().forEach(field -> fields.row(field.name(), field.value().toString(), support(field), field.note()));
    return summary + "\n" + tokenizer(report.tokenizer()) + fields;
  }

  private static String tokenizer(@Nullable TokenizerReport tokenizer) {
    if (tokenizer == null) {
      return "no tokenizer\n\n";
    }
    TextTable table = new TextTable("special token", "id", "text").wrapAt(COLUMN);
    tokenizer.specialTokens()
        .forEach((name, token) -> table.row(name, token.id() == null ? "none" : token.id().toString(), token.text()));
    String template = tokenizer.chatTemplate() == null ? "no chat template\n"
        : "chat template:\n" + tokenizer.chatTemplate().stripTrailing() + "\n";
    return table + "\n" + template + "\n";
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String support(FieldUse field) {
    return switch (field.use()) {
      case USED -> "yes";
      case NO_EFFECT -> "no effect";
      case UNKNOWN -> "unknown";
      case UNSUPPORTED -> "NO";
    };
  }
}
