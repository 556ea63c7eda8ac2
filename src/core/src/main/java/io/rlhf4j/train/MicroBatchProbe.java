package io.rlhf4j.train;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.telemetry.AvailableMemory;
import io.rlhf4j.telemetry.PeakMemory;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.NativeMemory;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntUnaryOperator;

/**
 * Finds out how many tokens of one forward and backward pass fit into memory, for {@code auto_find_batch_size}.
 * transformers halves a batch when a pass has failed; a process on Linux is mostly killed then. So here passes are made
 * and measured, each twice as long as the one before, until a longer one would not fit, or fails where the system
 * refuses memory ({@code ulimit -v}). Only the micro-batches change, and with them the gradient by rounding alone.
 *
 * @param tokens of one pass
 * @param note what was found, for the user
 */
public record MicroBatchProbe(int tokens, String note) {

  private static final String NAME = "auto_find_batch_size: ";
  /** Tokens of the first pass; a longer row stands alone in any case. */
  private static final int FIRST = 256;
  /** Share of the available memory that is used: files, other processes and the Java heap want the rest. */
  private static final double USED = 0.8;
  /** Less growth than this is taken for none. */
  private static final long NOISE = 1 << 20;

  /**
   * A pass that was made.
   *
   * @param tokens of its rows
   * @param peak most resident memory of the process meanwhile, bytes
   */
  record Pass(int tokens, long peak) {}

  /**
   * Measures with weights, gradients and the optimiser's memory in place. Afterwards the model is as before, but that
   * its gradients are zero.
   *
   * @param most tokens of one pass, at most
   * @param pass runs forward and backward on about so many tokens of real rows; gives how many they were
   */
  public static MicroBatchProbe run(LanguageModel model, OptimizerConfig options, int most, IntUnaryOperator pass) {
    int dropout = model.backbone().dropoutPosition();
    Map<String, Tensor> weights = model.trainedWeights();
    try (Optimizer optimizer = new Optimizer(weights, options)) {
      long known = optimizer.stateBytes() + 2 * bytes(weights);
      // Whatever is set up once is set up here.
      attempt(weights, pass, Math.min(most, FIRST)).ifPresent(why -> {
        throw new InputException(NAME + "a pass of " + Math.min(most, FIRST) + " tokens does not fit into memory ("
            + why + "); train adapters (model.lora), choose a smaller model, or raise the limit");
      });
      return measure(most, weights, pass, known);
    } finally {
      forgetGradients(weights);
      model.backbone().continueDropout(dropout);
    }
  }

  /** Makes a pass; gives why it failed if memory ran out, with nothing left behind. */
  private static Optional<String> attempt(Map<String, Tensor> weights, IntUnaryOperator pass, int tokens) {
    try {
      pass.applyAsInt(tokens);
      return Optional.empty();
    } catch (RuntimeException e) {
      String why = NativeMemory.exhausted(e).orElseThrow(() -> e);
      forgetGradients(weights);
      return Optional.of(why);
    }
  }

  /** @param known memory that is there whatever the pass, bytes */
  private static MicroBatchProbe measure(int most, Map<String, Tensor> weights, IntUnaryOperator pass, long known) {
    List<Pass> passes = new ArrayList<>();
    // A pass of so many was made before this.
    int fits = Math.min(most, FIRST);
    for (int asked = Math.min(most, FIRST);; asked = Math.min(most, 2 * asked)) {
      PeakMemory.restart();
      int[] made = {0};
      Optional<String> failure = attempt(weights, some -> made[0] = pass.applyAsInt(some), asked);
      if (failure.isPresent()) {
        return new MicroBatchProbe(fits, NAME + fits + " tokens in a pass; " + asked + " did not fit ("
            + failure.get() + ")");
      }
      fits = asked;
      int tokens = made[0];
      OptionalLong peak = PeakMemory.bytes();
      OptionalLong available = AvailableMemory.bytes();
      if (peak.isEmpty() || available.isEmpty()) {
        return new MicroBatchProbe(most, NAME + most + " tokens in a pass, unmeasured: this system does not say how "
            + "much memory there is");
      }
      passes.add(new Pass(tokens, peak.getAsLong()));
      if (asked == most || tokens < asked) {
        return new MicroBatchProbe(most, NAME + most + " tokens in a pass fit");
      }
      Optional<MicroBatchProbe> end = end(passes, asked, Math.min(most, 2 * asked), known, available.getAsLong());
      if (end.isPresent()) {
        return end.get();
      }
    }
  }

  /**
   * Whether the last pass was the longest that fits.
   *
   * @param asked tokens of the last pass
   * @param next tokens of the one that would follow
   * @param available what the process may take besides what it has, bytes
   */
  static Optional<MicroBatchProbe> end(List<Pass> passes, int asked, int next, long known, long available) {
    long needed = needed(passes, next, known);
    return needed <= USED * available ? Optional.empty()
        : Optional.of(new MicroBatchProbe(asked, NAME + asked + " tokens in a pass; " + next + " would take up to "
            + (needed >> 20) + " MiB more, " + (available >> 20) + " MiB are available"));
  }

  /**
   * Memory that the next pass takes beside what the process has. Passes grow in proportion once nothing is left of what
   * the process had freed and kept; two in a row that grew say so. Before that, a pass that was hidden in such memory
   * was at most as large as all that is not known to be in use. A pass of as many tokens as the one before, because one
   * row is longer than what was asked for, says nothing about growth.
   */
  private static long needed(List<Pass> passes, int next, long known) {
    Pass last = passes.getLast();
    if (!grew(passes, passes.size() - 1) || !grew(passes, passes.size() - 2)) {
      return Math.max(0, last.peak - known);
    }
    Pass before = passes.get(passes.size() - 2);
    return (long) ((double) (last.peak - before.peak) / (last.tokens - before.tokens) * (next - last.tokens));
  }

  private static boolean grew(List<Pass> passes, int at) {
    return at > 0 && passes.get(at).tokens > passes.get(at - 1).tokens
        && passes.get(at).peak - passes.get(at - 1).peak >= NOISE;
  }

  private static long bytes(Map<String, Tensor> weights) {
    return weights.values().stream().mapToLong(weight -> weight.count() * weight.type().bytes()).sum();
  }

  private static void forgetGradients(Map<String, Tensor> weights) {
    try (MemoryScope ignored = MemoryScope.open()) {
      List<Tensor> gradients = weights.values().stream().map(Tensor::gradient).filter(Objects::nonNull).toList();
      if (!gradients.isEmpty()) {
        Kernels.run("zero_", gradients);
      }
    }
  }
}
