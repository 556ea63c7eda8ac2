package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.select.SelectionReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf select}: training data from scored answers. */
@Command(name = "select", mixinStandardHelpOptions = true, description = {
    "Selects training data from scored answers and says what was dropped, and why.",
    "Keys of the recipe's select section: strategy, top_k, threshold, min_gap, max_similarity, dedup, min_chars, ..."})
public final class SelectCommand implements Runnable {

  @Mixin
  private StageOptions stage = new StageOptions();

  @Option(names = "--data", required = true, paramLabel = "FILE", arity = "1..*",
      description = "Answers with rewards: prompt, responses, rewards; or input, output, reward. Several are joined.")
  private List<Path> data = new ArrayList<>();

  @Option(names = "--strategy", paramLabel = "NAME",
      description = "best, top_k, threshold, pairs or conditional; else select.strategy of the recipe.")
  private @Nullable Path strategy;

  @Option(names = "--shape", paramLabel = "NAME", description = "Rows to imitate: ${COMPLETION-CANDIDATES}.")
  private SelectJob.Shape shape = SelectJob.Shape.MESSAGES;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where the rows go, a .jsonl file.")
  private Path out = Path.of("");

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig recipe = stage.load("select.strategy", strategy);
    PrintWriter printer = spec.commandLine().getOut();
    new SelectJob(recipe.select(), data, shape).run(out, stage.overwrite(), printer::println)
        .map(SelectionReport::toText).ifPresent(printer::print);
    printer.println("rows: " + out);
    printer.flush();
  }
}
