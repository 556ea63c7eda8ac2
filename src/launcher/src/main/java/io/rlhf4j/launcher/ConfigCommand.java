package io.rlhf4j.launcher;

import io.rlhf4j.config.RecipeConfig;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rlhf config}: checks a recipe and prints it with every default, as a run would store it. */
@Command(name = "config", mixinStandardHelpOptions = true,
    description = "Checks a recipe and prints it with every default.")
final class ConfigCommand implements Runnable {

  @Mixin
  private RecipeOptions recipe = new RecipeOptions();

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig loaded = recipe.load();
    PrintWriter out = spec.commandLine().getOut();
    out.println("# sha256 " + loaded.hash());
    out.print(loaded.resolvedYaml());
    out.flush();
  }
}
