package io.rlhf4j.launcher.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an output was made of. Two runs of a stage with equal provenance give equal files.
 *
 * @param stage sft, dpo, generate, ...
 * @param version of this software
 * @param code SHA-256 of the program that completed the output, see {@link CodeHash}. It is a record only: a program
 *     that was mended goes on with what the one before it left
 * @param seed of every random choice
 * @param settings the keys that decide the result
 * @param inputs SHA-256 of each input, by its part in the stage: model, prompts, ...
 */
public record Provenance(String stage, String version, @Nullable String code, long seed,
    Map<String, String> settings, Map<String, String> inputs) {

  /** The name under which a directory keeps its own. */
  public static final String FILE = "provenance.json";

  private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  public Provenance {
    // Sorted, so that the same provenance has the same bytes in every JVM.
    settings = new TreeMap<>(settings);
    inputs = new TreeMap<>(inputs);
  }

  /** Hashes the inputs. */
  public static Provenance of(String stage, String version, long seed, Map<String, String> settings,
      Map<String, Path> inputs) {
    Map<String, String> hashes = new LinkedHashMap<>();
    inputs.forEach((name, path) -> hashes.put(name, Hashes.of(path)));
    return new Provenance(stage, version, CodeHash.ofProgram(), seed, settings, hashes);
  }

  /** Whether the same inputs and settings make what the other describes. */
  public boolean isSame(Provenance other) {
    return identity().equals(other.identity());
  }

  /** What decides the bytes of the output, as text: everything but the code. */
  public String identity() {
    return FileOutput.line(new Provenance(stage, version, null, seed, settings, inputs));
  }

  /** Where the provenance of an output is kept: inside a directory, beside a file. */
  public static Path fileOf(Path output) {
    return Files.isDirectory(output) ? output.resolve(FILE) : besideFile(output);
  }

  /** Where the provenance of a file is kept. */
  static Path besideFile(Path output) {
    return output.resolveSibling(output.getFileName() + "." + FILE);
  }

  /** The provenance that is stored in a file, if it is there and readable. */
  public static Optional<Provenance> read(Path file) {
    try {
      return Files.exists(file) ? Optional.of(JSON.readValue(file.toFile(), Provenance.class)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Stores this in a file, atomically. */
  public void write(Path file) {
    try {
      AtomicFiles.writeText(file, JSON.writeValueAsString(this) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of strings is always JSON", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /**
   * Whether an output is complete and was made of exactly this.
   *
   * @throws OtherOutputException if it is complete but was made of something else; the message says what differs
   */
  public boolean isDone(Path output) {
    if (!Files.exists(output)) {
      return false;
    }
    Optional<Provenance> stored = read(fileOf(output));
    if (stored.isEmpty()) {
      throw new OtherOutputException(output, "is there already");
    }
    if (!stored.get().isSame(this)) {
      throw new OtherOutputException(output, "was made with another " + difference(stored.get()));
    }
    return true;
  }

  /** The first thing that is not the same. */
  public String difference(Provenance other) {
    if (!stage.equals(other.stage)) {
      return "stage (" + other.stage + ")";
    }
    for (String name : inputs.keySet()) {
      if (!Objects.equals(inputs.get(name), other.inputs.get(name))) {
        return name;
      }
    }
    for (String name : settings.keySet()) {
      if (!Objects.equals(settings.get(name), other.settings.get(name))) {
        return name + " (" + other.settings.get(name) + ", now " + settings.get(name) + ")";
      }
    }
    if (seed != other.seed) {
      return "seed (" + other.seed + ")";
    }
    return version.equals(other.version) ? "set of inputs" : "version (" + other.version + ")";
  }
}
