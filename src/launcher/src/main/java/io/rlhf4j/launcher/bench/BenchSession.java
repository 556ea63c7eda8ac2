package io.rlhf4j.launcher.bench;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.InputException;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Does one piece of work for each line of input and answers with the seconds it took, so that two programs on one
 * machine can be measured in turn. {@code train} is one optimiser step, {@code dpo} one of DPO, {@code generate 8 int8}
 * samples 8 answers;
 * the end of the input ends the session.
 */
final class BenchSession {

  private final CausalModel model;
  private final TrainingBench training;
  private final DpoBench dpo;
  private final GenerationBench generation;

  BenchSession(CausalModel model, TrainingBench training, DpoBench dpo, int newTokens) {
    this.model = model;
    this.training = training;
    this.dpo = dpo;
    this.generation = new GenerationBench(model, newTokens);
  }

  private static final class EndOfInput extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** A trainer is in the middle of its steps all the time; commands are read between two of them. */
  void answer(InputStream input, PrintWriter out) {
    BufferedReader lines = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
    long[] start = new long[1];
    try {
      training.train(Integer.MAX_VALUE / 2, (step, total, tokens, metrics) -> {
        print(out, step == 1 ? 0 : (System.nanoTime() - start[0]) * 1e-9);
        while (!perform(next(lines), out)) {
          // Until the next step is asked for.
        }
        start[0] = System.nanoTime();
      });
    } catch (EndOfInput end) {
      out.flush();
    }
  }

  /** Whether the command was {@code train}. */
  private boolean perform(String command, PrintWriter out) {
    String[] words = command.split(" ");
    if (command.equals("train")) {
      return true;
    }
    if (command.equals("dpo")) {
      print(out, dpo.secondsPerStep());
      model.trainable(true);
      return false;
    }
    if (words.length != 3 || !words[0].equals("generate") || !words[1].matches("\\d{1,4}")) {
      throw new InputException("standard input: is '" + command + "', must be train, dpo or generate BATCH fp32|int8");
    }
    try (InferenceWeights weights = InferenceWeights.of(model, precision(words[2]))) {
      print(out, generation.once(weights, Integer.parseInt(words[1])).seconds());
    }
    return false;
  }

  private static InferencePrecision precision(String word) {
    return switch (word) {
      case "fp32" -> InferencePrecision.FP32;
      case "int8" -> InferencePrecision.INT8;
      default -> throw new InputException("standard input: precision is '" + word + "', must be fp32 or int8");
    };
  }

  private static String next(BufferedReader lines) {
    try {
      String line = lines.readLine();
      if (line == null) {
        throw new EndOfInput();
      }
      return line.strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read standard input", e);
    }
  }

  private static void print(PrintWriter out, double seconds) {
    out.printf(Locale.ROOT, "%.6f%n", seconds);
    out.flush();
  }
}
