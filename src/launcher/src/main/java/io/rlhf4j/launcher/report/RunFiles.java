package io.rlhf4j.launcher.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.telemetry.MetricRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a run's directory holds, as far as it is there: a recipe's run, the output of one stage, or a flywheel.
 *
 * @param root the directory
 * @param config the resolved recipe; empty if there is none
 * @param finished whether the run is complete; a flywheel and the output of a stage always are
 * @param metrics rows by the directory that they are from, relative to {@code root}
 * @param rounds of a flywheel: the numbers of each, as rows of the stage {@value #ROUNDS}
 * @param answers before and after, pairs to the same prompts
 * @param samples answers on the way
 */
record RunFiles(Path root, String config, boolean finished, Map<String, List<MetricRow>> metrics,
    List<MetricRow> rounds, List<AnswerPair> answers, List<JsonNode> samples) {

  static final String ROUNDS = "round";
  private static final String METRICS = "metrics.jsonl";
  private static final int SAMPLES = 12;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Two answers to one prompt. */
  record AnswerPair(Evaluation.Answer before, Evaluation.Answer after) {}

  /** @throws InputException if there is nothing to report */
  static RunFiles read(Path root) {
    if (!Files.isDirectory(root)) {
      throw InputException.in(root, "is no directory, must be that of a run: run_dir/name of its recipe");
    }
    try {
      Map<String, List<MetricRow>> metrics = metrics(root);
      List<Path> rounds = rounds(root);
      if (metrics.isEmpty() && rounds.isEmpty()) {
        throw InputException.in(root, "has no " + METRICS + ", so there is nothing to report");
      }
      Path config = root.resolve("config.yaml");
      boolean recipe = Files.exists(config);
      return new RunFiles(root, recipe ? Files.readString(config) : "",
          !recipe || !rounds.isEmpty() || Files.exists(root.resolve("finished")), metrics, numbers(rounds),
          rounds.isEmpty() ? pairs(root.resolve(Evaluation.BEFORE), root.resolve(Evaluation.AFTER))
              : pairs(rounds.getFirst().resolve(Evaluation.ANSWERS), rounds.getLast().resolve(Evaluation.ANSWERS)),
          spread(rows(root.resolve("samples.jsonl"))));
    } catch (IOException e) {
      throw new InputException(root + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** Metrics of the directory and, in a flywheel, of its rounds' stages. */
  private static Map<String, List<MetricRow>> metrics(Path root) throws IOException {
    Map<String, List<MetricRow>> metrics = new LinkedHashMap<>();
    List<Path> directories = new ArrayList<>(List.of(root));
    for (Path round : rounds(root)) {
      try (Stream<Path> stages = Files.list(round)) {
        stages.filter(Files::isDirectory).sorted().forEach(directories::add);
      }
    }
    for (Path directory : directories) {
      List<MetricRow> rows = MetricRow.read(directory.resolve(METRICS));
      if (!rows.isEmpty()) {
        metrics.put(root.relativize(directory).toString(), rows);
      }
    }
    return metrics;
  }

  /** Directories of the rounds that are over, from round 0 on. */
  private static List<Path> rounds(Path root) {
    List<Path> rounds = new ArrayList<>();
    Path next = root.resolve("round-0");
    while (Files.exists(next.resolve("round.json"))) {
      rounds.add(next);
      next = root.resolve("round-" + rounds.size());
    }
    return rounds;
  }

  private static List<MetricRow> numbers(List<Path> rounds) throws IOException {
    List<MetricRow> rows = new ArrayList<>();
    for (Path round : rounds) {
      Map<String, Double> values = new LinkedHashMap<>();
      JSON.readTree(round.resolve("round.json").toFile()).properties().forEach(field -> {
        if (field.getValue().isNumber() && !field.getKey().equals(ROUNDS)) {
          values.put(field.getKey(), field.getValue().asDouble());
        } else if (field.getValue().isBoolean()) {
          values.put(field.getKey(), field.getValue().asBoolean() ? 1.0 : 0.0);
        }
      });
      rows.add(new MetricRow(ROUNDS, rows.size(), values));
    }
    return rows;
  }

  private static List<AnswerPair> pairs(Path before, Path after) throws IOException {
    List<JsonNode> first = rows(before);
    List<JsonNode> last = rows(after);
    List<AnswerPair> pairs = new ArrayList<>();
    for (int i = 0; i < Math.min(Math.min(first.size(), last.size()), SAMPLES); i++) {
      pairs.add(new AnswerPair(Evaluation.Answer.of(first.get(i)), Evaluation.Answer.of(last.get(i))));
    }
    return pairs;
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
      try {
        rows.add(JSON.readTree(line));
      } catch (JsonProcessingException unfinished) {
        // The last line of a run that is being written.
      }
    }
    return rows;
  }

  /** Rows from the first to the last at about equal distances. */
  private static List<JsonNode> spread(List<JsonNode> rows) {
    int n = rows.size();
    return n <= SAMPLES ? rows
        : IntStream.range(0, SAMPLES).mapToObj(i -> rows.get((int) ((long) i * (n - 1) / (SAMPLES - 1)))).toList();
  }
}
