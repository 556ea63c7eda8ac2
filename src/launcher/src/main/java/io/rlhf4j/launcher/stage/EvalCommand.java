package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.model.ModelDescription;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf eval}: what a model's answers are worth. */
@Command(name = "eval", mixinStandardHelpOptions = true, description = {
    "Samples answers to the prompts of a file and scores them.",
    "Scores come from a reward model and, if there is one, from the judge of the built-in task. With --best-of it also shows what taking the best of N answers is worth."})
public final class EvalCommand implements Runnable {

  @Mixin
  private ModelOptions stage = new ModelOptions();

  @Option(names = "--reward", paramLabel = "DIR",
      description = "Reward model; without one the rewards of the recipe score.")
  private @Nullable Path reward;

  @Option(names = "--data", required = true, paramLabel = "FILE",
      description = "Prompts: rows with prompt or messages.")
  private Path data = Path.of("");

  @Option(names = "--task", paramLabel = "NAME",
      description = "Built-in task whose judge scores the answers as well; else task of the recipe.")
  private @Nullable String task;

  @Option(names = "--best-of", paramLabel = "N", description = "Answers to each prompt, a power of 2.")
  private int bestOf = 1;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where answers, scores and report go.")
  private Path out = Path.of("");

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    if (bestOf < 1 || Integer.bitCount(bestOf) != 1) {
      throw InputException.key("--best-of", "is " + bestOf + ", must be 1, 2, 4, 8, ...");
    }
    RecipeConfig recipe = stage.load();
    Optional<Task> judge = Optional.ofNullable(task == null ? recipe.task() : task).map(Task::named);
    RewardSource source = source(recipe);
    Path model = RecipeChecks.model(recipe);
    StageRoles roles = new LocalRoles(recipe);
    // Opened here so that nothing is sampled for a reward that is not there or cannot be used.
    roles.rewards(source, model).close();
    PrintWriter printer = spec.commandLine().getOut();
    String report = new EvalJob(recipe, model, source, roles, data, judge, bestOf).run(out, printer::println);
    printer.println();
    printer.print(report);
    printer.println("report: " + out.resolve("report.json"));
    printer.flush();
  }

  private RewardSource source(RecipeConfig recipe) {
    if (reward != null) {
      // Says what it is if it is no model at all.
      ModelDescription.read(reward);
      return RewardSource.trained(reward);
    }
    if (recipe.rewards().isEmpty()) {
      throw InputException.key("--reward", "is missing, must name a reward model, or the recipe must have rewards");
    }
    return RewardSource.of(recipe.rewards());
  }
}
