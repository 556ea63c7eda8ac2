package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.ByteSize;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.config.YamlNamed;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf merge}: a model with its adapters added to its weights, as a directory of its own. */
@Command(name = "merge", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Adds LoRA adapters (PEFT's layout) to the weights of the model that they name and writes the whole model.",
    "A model without adapters is written as it is, for example in smaller files or in other numbers."})
public final class MergeCommand implements Runnable {

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Adapters, or a model.")
  private Path model = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the whole model goes.")
  private Path out = Path.of("");

  @Option(names = "--shard-size", paramLabel = "SIZE", defaultValue = "5GB",
      description = "Most weights in one file, for example 500MB or 5GB; more files have an index. "
          + "Default: ${DEFAULT-VALUE}.")
  private String shardSize = "";

  @Option(names = "--dtype", paramLabel = "DTYPE", defaultValue = "float32",
      description = "Numbers of the weights: float32, which loses nothing, bfloat16 or float16 in half of the bytes, "
          + "or auto, those of the model's own files. Default: ${DEFAULT-VALUE}.")
  private String dtype = "";

  @Option(names = "--overwrite", description = "Replace an output that is there already.")
  private boolean overwrite;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public MergeCommand() {}

  @Override
  public void run() {
    long shardBytes = ByteSize.parse("--shard-size", shardSize);
    SaveDtype numbers = Arrays.stream(SaveDtype.values()).filter(it -> YamlNamed.matches(it, dtype)).findFirst()
        .orElseThrow(() -> InputException.key("--dtype",
            "is " + dtype + ", must be float32, bfloat16, float16 or auto"));
    Path base = ModelDescription.read(model).directory();
    SaveFormat format = new SaveFormat(shardBytes, LoraOutput.MERGED, SaveFormat.floats(numbers, base));
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", model);
    inputs.put("base", base);
    Provenance provenance = Provenance.of("merge", Version.number(), 0, settings(), inputs);
    PrintWriter printer = spec.commandLine().getOut();
    if (!overwrite && provenance.isDone(out)) {
      printer.println("merge: " + out + " is complete already");
    } else {
      try {
        AtomicFiles.writeDirectory(out, directory -> {
          Compute.run(() -> write(directory, format));
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

  /** An output of before there was a choice of numbers is one of float32. */
  private Map<String, String> settings() {
    return dtype.equals("float32") ? Map.of("shard_size", shardSize)
        : Map.of("shard_size", shardSize, "dtype", dtype);
  }

  private void write(Path directory, SaveFormat format) {
    try (LanguageModel whole = LanguageModel.load(model)) {
      whole.mergeAdapters();
      whole.save(directory, format);
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
