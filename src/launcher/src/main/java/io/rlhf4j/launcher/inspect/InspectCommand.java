package io.rlhf4j.launcher.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.rlhf4j.model.AdapterBase;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.model.family.ConfigFields;
import io.rlhf4j.text.Tokenizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlhf inspect}: what a model directory holds, what the model says of tokens, how it reads a conversation. */
@Command(name = "inspect", mixinStandardHelpOptions = true,
    description = "Shows what a model directory holds and whether every field of its config.json is supported, or what "
        + "the model says.")
public final class InspectCommand implements Runnable {

  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  @Parameters(index = "0", paramLabel = "MODEL_DIR", description = "Model directory in Hugging Face layout.")
  private Path directory = Path.of("");

  @Option(names = "--ids", split = ",", paramLabel = "ID",
      description = "Log-probability of each of these tokens and the most likely next ones; the score, if the model is "
          + "a reward model.")
  private int @Nullable [] ids;

  @Option(names = "--render", paramLabel = "FILE",
      description = "A conversation, [{\"role\": ..., \"content\": ...}, ...], as text and tokens.")
  private @Nullable Path messages;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean asJson;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public InspectCommand() {}

  @Override
  public void run() {
    if (ids == null && messages == null) {
      report();
      return;
    }
    if (ids != null) {
      printTokens(ids);
    }
    if (messages != null) {
      printChat(messages);
    }
  }

  /** The report comes first also when the model is refused: it says why. */
  private void report() {
    Path whole = AdapterBase.of(directory);
    ConfigFields fields = ConfigFields.read(whole);
    ModelReport report = ModelReport.of(whole, fields);
    print(asJson ? json(report) : ReportText.of(report));
    fields.refuseUnsupported();
  }

  private void printTokens(int[] tokens) {
    TokenReport report;
    try (LanguageModel model = LanguageModel.load(directory)) {
      report = TokenReport.of(model, tokens);
    }
    print(asJson ? json(report) : text(report));
  }

  private static String text(TokenReport report) {
    StringBuilder text = new StringBuilder();
    if (report.score() != null) {
      text.append("score ").append(number(report.score())).append('\n');
    }
    for (int i = 0; report.logProbs() != null && i < report.ids().size(); i++) {
      Double logProb = report.logProbs().get(i);
      text.append(report.ids().get(i)).append(' ').append(logProb == null ? "-" : number(logProb)).append('\n');
    }
    if (report.top() != null) {
      text.append("most likely next\n");
      report.top().forEach(next -> text.append(next.id()).append(' ').append(number(next.logProb())).append('\n'));
    }
    return text.toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6f", value);
  }

  private void printChat(Path file) {
    ChatReport report;
    try (Tokenizer tokenizer = ModelTokenizer.load(directory)) {
      report = ChatReport.of(tokenizer, file);
    }
    print(asJson ? json(report) : report.text() + "\n\n" + report.ids() + "\n");
  }

  private static String json(Object report) {
    try {
      return JSON.writeValueAsString(report) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
