package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RecipeLoader;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.config.YamlNamed;
import io.rlhf4j.launcher.StopSignal;
import io.rlhf4j.launcher.Superseded;
import io.rlhf4j.telemetry.RunLease;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlhf flywheel}: rounds of sampling, rewarding, selecting and training. */
@Command(name = "flywheel", mixinStandardHelpOptions = true, subcommands = FlywheelCommand.Status.class, description = {
    "Runs rounds of rejection sampling, SFT and DPO, as Llama 3 did.",
    "Each samples K answers from the best model so far, refreshes the reward model, rejects, trains, measures, and is",
    "kept or discarded. Run again after an interruption, it goes on at the stage that was running.",
    "With a cluster section in the recipe, rlhf node --role actor, reward and reference sample, score and compute the",
    "log-probs; training stays here. rlhf flywheel status DIR shows the table of rounds."})
public final class FlywheelCommand implements Runnable {

  @Parameters(arity = "0..1", paramLabel = "RECIPE",
      description = "YAML file, for example configs/recipes/flywheel.yaml.")
  private @Nullable Path recipe;

  @Option(names = {"-o", "--override"}, paramLabel = "KEY=VALUE",
      description = "Set a key of the recipe, for example -o flywheel.rounds=2. May be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--redo-round", description = {
      "Throw away what the round under way has made, and begin it anew, for example with other settings.",
      "Rounds that are over stay."})
  private boolean redoRound;

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    if (recipe == null) {
      throw new ParameterException(spec.commandLine(), "a recipe is missing");
    }
    RecipeConfig loaded = RecipeLoader.load(recipe, overrides);
    LoraConfig lora = loaded.model().lora();
    if (lora != null && lora.save() == LoraOutput.ADAPTER) {
      throw InputException.key("model.lora.save",
          "is adapter, must be both or merged here: a round goes on from the whole "
              + "model of the round before");
    }
    PrintWriter out = spec.commandLine().getOut();
    if (loaded.model().saveDtype() != SaveDtype.FLOAT32) {
      throw InputException.key("model.save_dtype", "is " + YamlNamed.of(loaded.model().saveDtype())
          + ", must be float32 here: a round goes on from the model of the round before; rlhf merge --dtype writes "
          + "the last one in other numbers");
    }
    StopSignal.heed(out, () -> run(loaded, out));
  }

  private void run(RecipeConfig loaded, PrintWriter out) {
    String table;
    try (RunLease lease = RunLease.acquire(loaded.runDirectory(), Superseded::end)) {
      table = Flywheel.run(loaded, redoRound, lease, line -> {
        out.println(line);
        out.flush();
      });
    }
    out.println();
    out.print(table);
    out.println("rounds: " + loaded.runDirectory());
    out.flush();
  }

  /** {@code rlhf flywheel status}: the table of the rounds that are over. */
  @Command(name = "status", mixinStandardHelpOptions = true, description = "Shows the rounds of a flywheel.")
  static final class Status implements Runnable {

    @Parameters(paramLabel = "DIR", description = "Directory of the flywheel: run_dir/name of its recipe.")
    private Path directory = Path.of("");

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      out.print(Flywheel.status(directory));
      out.flush();
    }
  }
}
