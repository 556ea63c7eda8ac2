package io.rlhf4j.launcher.quickstart;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf quickstart-data}: writes the data of the built-in task without training on it. */
@Command(name = "quickstart-data", mixinStandardHelpOptions = true, showDefaultValues = true,
    description = "Generates the data files of the built-in task customer-replies.")
public final class QuickstartDataCommand implements Callable<Integer> {

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Directory for the data files.")
  private Path out = Path.of(".");

  @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same bytes.")
  private long seed = 17;

  @Option(names = "--sft", paramLabel = "ROWS", description = "Conversations to imitate.")
  private int sft = TaskSizes.DEFAULT.sft();

  @Option(names = "--pairs", paramLabel = "ROWS", description = "Preference pairs to learn from.")
  private int preferenceTrain = TaskSizes.DEFAULT.preferenceTrain();

  @Option(names = "--test-pairs", paramLabel = "ROWS", description = "Preference pairs to test on.")
  private int preferenceTest = TaskSizes.DEFAULT.preferenceTest();

  @Option(names = "--prompts", paramLabel = "ROWS", description = "Prompts for PPO.")
  private int promptsTrain = TaskSizes.DEFAULT.promptsTrain();

  @Option(names = "--test-prompts", paramLabel = "ROWS", description = "Prompts for evaluation.")
  private int promptsTest = TaskSizes.DEFAULT.promptsTest();

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() {
    TaskSizes sizes = new TaskSizes(sft, preferenceTrain, preferenceTest, promptsTrain, promptsTest);
    Task task = new QuickstartTask(sizes);
    task.generate(out, seed);
    PrintWriter printer = spec.commandLine().getOut();
    for (TaskFile file : TaskFile.values()) {
      printer.printf("%s: %d rows%n", file.in(out), sizes.of(file));
    }
    printer.print(TaskStatistics.of(task, out).toText());
    printer.flush();
    return 0;
  }
}
