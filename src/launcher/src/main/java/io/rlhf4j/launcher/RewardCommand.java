package io.rlhf4j.launcher;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rlhf reward}: what can be done with a reward model alone. */
@Command(name = "reward", mixinStandardHelpOptions = true, description = "Works on reward models alone.",
    synopsisSubcommandLabel = "COMMAND", subcommands = RewardTrainCommand.class)
final class RewardCommand implements Runnable {

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
