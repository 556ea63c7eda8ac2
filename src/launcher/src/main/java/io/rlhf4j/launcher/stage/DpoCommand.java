package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.StopSignal;
import io.rlhf4j.launcher.pipeline.PreferenceData;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf dpo}: direct preference optimisation of a model directory. */
@Command(name = "dpo", mixinStandardHelpOptions = true, description = {
    "Trains a model on preference pairs directly, without a reward model.",
    "Keys of the recipe's dpo section: beta, loss (sigmoid or ipo), label_smoothing, nll_coef, mask_format_tokens, ..."})
public final class DpoCommand implements Runnable {

  @Mixin
  private ModelOptions stage = new ModelOptions();

  @Option(names = "--reference", paramLabel = "DIR",
      description = "Model that the policy is held to; else the model that it starts from.")
  private @Nullable Path reference;

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "Pairs: rows with chosen and rejected.")
  private Path data = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the trained model goes.")
  private Path out = Path.of("");

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig recipe = stage.load();
    PrintWriter printer = spec.commandLine().getOut();
    DpoJob job = new DpoJob(recipe, RecipeChecks.model(recipe), recipe.dpo(), Optional.ofNullable(reference), data,
        PreferenceData.layout(recipe.data()));
    StopSignal.heed(printer, () -> {
      job.run(out, stage.overwrite(), new LocalRoles(recipe), printer::println);
      printer.println("model: " + out);
      printer.flush();
    });
  }
}
