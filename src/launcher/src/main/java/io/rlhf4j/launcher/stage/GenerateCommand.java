package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Shard;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf generate}: answers of a model to the prompts of a file. */
@Command(name = "generate", mixinStandardHelpOptions = true, description = {
    "Samples answers to the prompts of a file; a prompt is processed once, whatever the number of its answers.",
    "Sampling keys of the recipe's ppo section: samples_per_prompt, temperature, top_p, top_k, max_new_tokens, ...",
    "Run again after an interruption, it goes on where it stopped."})
public final class GenerateCommand implements Runnable {

  @Mixin
  private ModelOptions stage = new ModelOptions();

  @Option(names = "--data", required = true, paramLabel = "FILE",
      description = "Prompts: rows with prompt or messages.")
  private Path data = Path.of("");

  @Option(names = "--samples", paramLabel = "K", description = "Answers to each prompt; else ppo.samples_per_prompt.")
  private @Nullable Integer samples;

  @Option(names = "--shard", paramLabel = "I/N", description = "Take part I of N; the parts together are the whole.")
  private String shard = "1/1";

  @Option(names = "--out", required = true, paramLabel = "FILE",
      description = "Where the rows go, a .jsonl file: prompt and responses, in the order of the prompts.")
  private Path out = Path.of("");

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig recipe = stage.load();
    PrintWriter printer = spec.commandLine().getOut();
    int count = samples == null ? recipe.ppo().samplesPerPrompt() : samples;
    new GenerateJob(recipe, RecipeChecks.model(recipe), data,
        recipe.ppo().sampling(recipe.seed()).withSamples(count, recipe.seed()), Shard.parse(shard))
        .run(out, stage.overwrite(), new LocalRoles(recipe), printer::println);
    printer.println("answers: " + out);
    printer.flush();
  }
}
