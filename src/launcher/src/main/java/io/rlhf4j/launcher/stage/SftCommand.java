package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.StopSignal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf sft}: supervised fine-tuning of a model directory. */
@Command(name = "sft", mixinStandardHelpOptions = true, description = {
    "Trains a model to imitate demonstrations; the loss counts the answers only.",
    "Keys of the recipe's sft section: epochs, batch_size, learning_rate, train_on_prompt, ..."})
public final class SftCommand implements Runnable {

  @Mixin
  private ModelOptions stage = new ModelOptions();

  @Option(names = "--data", required = true, paramLabel = "FILE[:WEIGHT]", arity = "1..*",
      description = "Rows with messages, or with prompt and response. Several files are mixed; a weight of 0.5 takes half"
          + " of a file's rows, 2 takes them twice.")
  private List<String> data = new ArrayList<>();

  @Option(names = "--test", paramLabel = "FILE", description = "Rows that only measure, before and after.")
  private @Nullable Path test;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the trained model goes.")
  private Path out = Path.of("");

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig recipe = stage.load();
    PrintWriter printer = spec.commandLine().getOut();
    SftJob job = new SftJob(recipe, RecipeChecks.model(recipe), recipe.sft(),
        data.stream().map(SftJob.Source::parse).toList(), Optional.ofNullable(test));
    StopSignal.heed(printer, () -> {
      job.run(out, stage.overwrite(), printer::println);
      printer.println("model: " + out);
      printer.flush();
    });
  }
}
