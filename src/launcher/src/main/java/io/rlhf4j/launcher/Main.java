package io.rlhf4j.launcher;

import io.rlhf4j.launcher.bench.BenchCommand;
import io.rlhf4j.launcher.flywheel.FlywheelCommand;
import io.rlhf4j.launcher.inspect.InspectCommand;
import io.rlhf4j.launcher.quickstart.QuickstartDataCommand;
import io.rlhf4j.launcher.stage.AverageCommand;
import io.rlhf4j.launcher.stage.DpoCommand;
import io.rlhf4j.launcher.stage.EvalCommand;
import io.rlhf4j.launcher.stage.GenerateCommand;
import io.rlhf4j.launcher.stage.MergeCommand;
import io.rlhf4j.launcher.stage.SelectCommand;
import io.rlhf4j.launcher.stage.SftCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code rlhf}: the root of the command line. New commands are added to {@code subcommands}. */
@Command(name = "rlhf", mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false,
    description = "Trains language models with human feedback: SFT, reward models, PPO, DPO, rejection sampling.",
    synopsisSubcommandLabel = "COMMAND", subcommands = {PpoCommand.class, RewardCommand.class, NodeCommand.class,
        StatusCommand.class,
        SftCommand.class, DpoCommand.class, GenerateCommand.class, SelectCommand.class,
        EvalCommand.class, AverageCommand.class, MergeCommand.class, FlywheelCommand.class, InspectCommand.class,
        BenchCommand.class, ReportCommand.class, WatchCommand.class, ConfigCommand.class,
        QuickstartDataCommand.class})
public final class Main implements Runnable {

  @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Log more and print stack traces.")
  private boolean debug;

  @Spec
  private CommandSpec spec;

  private Main() {}

  public static void main(String[] arguments) {
    CommandLine commandLine = commandLine();
    int code;
    try {
      code = commandLine.execute(arguments);
    } catch (Error error) {
      // picocli passes on what is no Exception, running out of memory for example.
      code = Failure.report(error, commandLine.getErr(), debug(commandLine));
    }
    System.exit(code);
  }

  /** The whole command line, ready to execute. */
  static CommandLine commandLine() {
    var commandLine = new CommandLine(new Main());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpWidth(100);
    commandLine.setExecutionStrategy(parsed -> {
      RunLog.start(debug(commandLine));
      return new RunLast().execute(parsed);
    });
    commandLine.setParameterExceptionHandler(Main::wrongArguments);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> Failure.report(failure, command.getErr(), debug(commandLine)));
    return commandLine;
  }

  private static boolean debug(CommandLine commandLine) {
    return commandLine.getCommand() instanceof Main main && main.debug;
  }

  private static int wrongArguments(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    String message = wrong.getMessage().strip().replaceAll("\\s+", " ") + suggestion(wrong);
    command.getErr().println("rlhf: " + message + "; see " + command.getCommandSpec().qualifiedName() + " --help");
    command.getErr().flush();
    return Failure.WRONG_INPUT;
  }

  private static String suggestion(ParameterException wrong) {
    if (wrong instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
      return ", did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
    }
    return "";
  }

  /** Without a command there is nothing to do. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
