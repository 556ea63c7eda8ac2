package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.ByteSize;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.SaveFormat;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf merge}: a model with its adapters added to its weights, as a directory of its own. */
@Command(name = "merge", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Adds LoRA adapters (PEFT's layout) to the weights of the model that they name and writes the whole model (fp32).",
    "A model without adapters is written as it is, for example in smaller files."})
public final class MergeCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Adapters, or a model.")
  private Path model = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the whole model goes.")
  private Path out = Path.of("");

  @Option(names = "--shard-size", paramLabel = "SIZE", defaultValue = "5GB",
      description = "Most weights in one file, for example 500MB or 5GB; more files have an index. "
          + "Default: ${DEFAULT-VALUE}.")
  private String shardSize = "";

  @Option(names = "--overwrite", description = "Replace an output that is there already.")
  private boolean overwrite;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public MergeCommand() {}

  @Override
  public void run() {
    long shardBytes = ByteSize.parse("--shard-size", shardSize);
    Path base = ModelDescription.read(model).directory();
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", model);
    inputs.put("base", base);
    Provenance provenance = Provenance.of("merge", Version.number(), 0, Map.of("shard_size", shardSize), inputs);
    PrintWriter printer = spec.commandLine().getOut();
    if (!overwrite && provenance.isDone(out)) {
      printer.println("merge: " + out + " is complete already");
    } else {
      try {
        AtomicFiles.writeDirectory(out, directory -> {
          Compute.run(() -> write(directory, shardBytes));
          copyTokenizer(base, directory);
          provenance.write(directory.resolve(Provenance.FILE));
        });
      } catch (IOException e) {
        throw new InputException(out + ": cannot be written (" + e.getMessage() + ")", e);
      }
    }
    printer.println("model: " + out);
    printer.flush();
  }

  private void write(Path directory, long shardBytes) {
    try (LanguageModel whole = LanguageModel.load(model)) {
      whole.mergeAdapters();
      whole.save(directory, new SaveFormat(shardBytes, LoraOutput.MERGED));
    }
  }

  /** Of the adapters if they have one, else of their model, if that has one. */
  private void copyTokenizer(Path base, Path directory) {
    for (Path from : List.of(model, base)) {
      if (Files.exists(from.resolve("tokenizer.json"))) {
        try (Tokenizer tokenizer = Tokenizer.load(from)) {
          tokenizer.copyTo(directory);
        }
        return;
      }
    }
  }
}
