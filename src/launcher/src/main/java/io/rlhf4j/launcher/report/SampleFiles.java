package io.rlhf4j.launcher.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.launcher.pipeline.Evaluation;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Looks through the answers that a run has kept: {@code samples.jsonl} of a recipe's run, {@code answers.jsonl} of a
 * flywheel's rounds. Files are read as streams; what is held at once are the rows of the pages up to the one wanted.
 */
final class SampleFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SampleQuery query;
  private final PriorityQueue<Sample> best;
  private long read;
  private long matching;

  /**
   * One page of what was found.
   *
   * @param samples in the order that was asked for
   * @param matching answers on all pages
   */
  record Found(List<Sample> samples, long matching) {

    Found {
      samples = List.copyOf(samples);
    }
  }

  private SampleFiles(SampleQuery query) {
    this.query = query;
    // The worst of what is kept is on top, to be thrown out by a better one.
    this.best = new PriorityQueue<>(query.order().comparator().reversed());
  }

  static Found search(Path root, SampleQuery query) throws IOException {
    SampleFiles search = new SampleFiles(query);
    search.read(root.resolve("samples.jsonl"), 0);
    for (int round = 0; Files.isDirectory(root.resolve("round-" + round)); round++) {
      search.read(root.resolve("round-" + round).resolve(Evaluation.ANSWERS), round);
    }
    return search.page();
  }

  private void read(Path file, long round) throws IOException {
    if (Files.notExists(file)) {
      return;
    }
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        try {
          take(Sample.of(JSON.readTree(line), read++, round));
        } catch (JsonProcessingException unfinished) {
          // The last line of a run that is being written.
        }
      }
    }
  }

  private void take(Sample sample) {
    if (!query.matches(sample)) {
      return;
    }
    matching++;
    best.add(sample);
    if (best.size() > (query.page() + 1) * SampleQuery.ROWS) {
      best.poll();
    }
  }

  private Found page() {
    Comparator<Sample> order = query.order().comparator();
    List<Sample> sorted = new ArrayList<>(best);
    sorted.sort(order);
    int from = Math.min(query.page() * SampleQuery.ROWS, sorted.size());
    return new Found(sorted.subList(from, sorted.size()), matching);
  }
}
