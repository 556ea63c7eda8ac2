package io.rlhf4j.launcher.stage;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf average}: one model whose weights are the weighted mean of several. */
@Command(name = "average", mixinStandardHelpOptions = true, description = {
    "Averages the weights of models of one shape: checkpoints of a run, or runs with other seeds or data.",
    "Configuration and tokenizer are those of the first."})
public final class AverageCommand implements Runnable {

  @Option(names = "--models", required = true, paramLabel = "DIR", arity = "2..*", description = "Two or more models.")
  private List<Path> models = new ArrayList<>();

  @Option(names = "--weights", paramLabel = "W", split = ",",
      description = "A weight for each model, separated by commas; else all count the same.")
  private @Nullable List<Double> weights;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the averaged model goes.")
  private Path out = Path.of("");

  @Option(names = "--overwrite", description = "Replace an output that is there already.")
  private boolean overwrite;

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    List<Double> shares = shares();
    Map<String, Path> inputs = new LinkedHashMap<>();
    for (int i = 0; i < models.size(); i++) {
      inputs.put("model " + (i + 1), models.get(i));
    }
    Provenance provenance =
        Provenance.of("average", Version.number(), 0, Map.of("weights", shares.toString()), inputs);
    PrintWriter printer = spec.commandLine().getOut();
    if (!overwrite && provenance.isDone(out)) {
      printer.println("average: " + out + " is complete already");
    } else {
      try {
        AtomicFiles.writeDirectory(out, directory -> {
          copyOthers(models.getFirst(), directory);
          nameNumbers(directory.resolve("config.json").toFile());
          write(shares, directory.resolve("model.safetensors"));
          provenance.write(directory.resolve(Provenance.FILE));
        });
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + out, e);
      }
    }
    printer.println("model: " + out);
    printer.flush();
  }

  /** Weights that add up to 1. */
  private List<Double> shares() {
    List<Double> given = weights == null ? models.stream().map(model -> 1.0).toList() : weights;
    double sum = given.stream().mapToDouble(Double::doubleValue).sum();
    if (given.size() != models.size() || !(sum > 0) || given.stream().anyMatch(weight -> !(weight >= 0))) {
      throw InputException.key("--weights", "is " + given + ", must be " + models.size()
          + " numbers of at least 0, one for each model, not all 0");
    }
    return given.stream().map(weight -> weight / sum).toList();
  }

  /** One tensor at a time, so that memory holds no whole model but the result. */
  private void write(List<Double> shares, Path target) {
    List<ModelWeights> readers = new ArrayList<>();
    try (MemoryScope ignored = MemoryScope.open()) {
      models.forEach(model -> readers.add(ModelWeights.open(model)));
      Map<String, Tensor> averages = new LinkedHashMap<>();
      for (String name : readers.getFirst().names()) {
        averages.put(name, average(name, readers, shares));
      }
      SafetensorsWriter.write(target, averages, StoredType.F32, Map.of("format", "pt"));
    } finally {
      readers.forEach(ModelWeights::close);
    }
  }

  private Tensor average(String name, List<ModelWeights> readers, List<Double> shares) {
    long[] shape = readers.getFirst().shape(name);
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor sum = Tensor.zeros(shape);
      for (int i = 0; i < readers.size(); i++) {
        if (!readers.get(i).contains(name) || !Arrays.equals(readers.get(i).shape(name), shape)) {
          throw InputException.in(models.get(i), "tensor " + name + " is missing or has another shape than in "
              + models.getFirst() + "; only models of one shape can be averaged");
        }
        sum = Kernels.tensor("add", sum, Kernels.tensor("scale", readers.get(i).readFinite(name), shares.get(i)));
      }
      return scope.keep(sum);
    }
  }

  /** What is written is fp32, whatever the first model's files hold. */
  private static void nameNumbers(File config) throws IOException {
    ObjectMapper json = new ObjectMapper();
    if (json.readTree(config) instanceof ObjectNode fields) {
      fields.remove("dtype");
      json.writerWithDefaultPrettyPrinter().writeValue(config, fields.put("torch_dtype", "float32"));
    }
  }

  private static void copyOthers(Path model, Path directory) throws IOException {
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if ((name.endsWith(".json") || name.endsWith(".jinja")) && !name.equals(Provenance.FILE)
            && !name.endsWith(".index.json")) {
          Files.copy(file, directory.resolve(name));
        }
      }
    }
  }
}
