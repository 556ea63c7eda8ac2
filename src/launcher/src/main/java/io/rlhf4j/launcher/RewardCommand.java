package io.rlhf4j.launcher;

import io.rlhf4j.launcher.reward.RewardEvalCommand;
import io.rlhf4j.launcher.reward.RewardGatewayCommand;
import io.rlhf4j.launcher.reward.RewardLoadCommand;
import io.rlhf4j.launcher.reward.RewardScoreCommand;
import io.rlhf4j.launcher.reward.RewardServeCommand;
import io.rlhf4j.launcher.stage.SelectCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rlhf reward}: what can be done with rewards alone. */
@Command(name = "reward", mixinStandardHelpOptions = true,
    description = "Trains reward models and puts rewards to use.",
    synopsisSubcommandLabel = "COMMAND", subcommands = {RewardTrainCommand.class,
        RewardScoreCommand.class, RewardEvalCommand.class, RewardServeCommand.class, RewardLoadCommand.class,
        RewardGatewayCommand.class, SelectCommand.class})
final class RewardCommand implements Runnable {

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
