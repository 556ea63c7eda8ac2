package io.rlhf4j.generate;

import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.model.KernelStyle;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One call of the generator.
 *
 * <p>Samples run in slots {@code 0..n-1} without gaps. A slot whose sample finished goes to the next waiting sample;
 * when none is waiting, the last slot moves into the gap, so that a step never computes rows that nobody needs.
 */
final class Decoding implements AutoCloseable {

  /** With fewer rows, the matrices are read as fast as memory gives them without any preparation. */
  private static final int FEWEST_ROWS_TO_PREPARE = 4;

  private final InferenceWeights weights;
  private final GenerationRequest request;
  private final Consumer<Rollout> sink;
  private final int maxSlots;
  /** Positions of the longest sample. Looked up once, not in every step. */
  private final int longest;
  private final List<Tensor> prepared;
  private final CacheLayout layout;
  private final PromptQueue prompts;
  private final KeyValueCache cache;
  /** The sample of each slot. */
  private final List<Sample> running = new ArrayList<>();
  private PromptGroup group = PromptGroup.empty();
  private long generatedTokens;
  private long steps;

  Decoding(InferenceWeights weights, GenerationRequest request, Consumer<Rollout> sink, int maxSlots) {
    this.weights = weights;
    this.request = request;
    this.sink = sink;
    this.maxSlots = (int) Math.min(maxSlots, request.sampleCount());
    this.prepared = this.maxSlots < FEWEST_ROWS_TO_PREPARE ? List.of() : weights.prepared(this.maxSlots);
    this.longest = request.longest();
    this.layout = CacheLayout.of(weights.style(), longest);
    this.prompts = new PromptQueue(weights, request, layout);
    this.cache = new KeyValueCache(weights.config(), layout, this.maxSlots);
  }

  void run() {
    fill(IntStream.range(0, maxSlots).toArray());
    while (!running.isEmpty()) {
      int[] finished = step();
      int refilled = fill(finished);
      closeGaps(Arrays.copyOfRange(finished, refilled, finished.length));
    }
  }

  GenerationStats stats(double seconds) {
    return new GenerationStats(prompts.promptTokens(), generatedTokens, steps, seconds);
  }

  /** Gives free slots to waiting samples, in order; returns how many of the slots were taken. */
  private int fill(int[] free) {
    int taken = 0;
    while (taken < free.length) {
      if (group.isEmpty()) {
        if (prompts.isEmpty()) {
          return taken;
        }
        group.close();
        group = prompts.nextGroup(this::emitIfFinished);
        continue;
      }
      for (Sample sample : group.place(cache, Arrays.copyOfRange(free, taken, free.length))) {
        int slot = free[taken++];
        if (slot == running.size()) {
          running.add(sample);
        } else {
          running.set(slot, sample);
        }
      }
    }
    return taken;
  }

  /** Moves samples from the end into slots, ascending, that no sample took over. */
  private void closeGaps(int[] gaps) {
    int remaining = running.size() - gaps.length;
    int[] targets = IntStream.of(gaps).filter(slot -> slot < remaining).toArray();
    int[] sources = IntStream.range(remaining, running.size()).filter(slot -> Arrays.binarySearch(gaps, slot) < 0)
        .toArray();
    if (targets.length > 0) {
      // The newest token of a sample enters the cache with the next step.
      cache.move(sources, targets, positionsAfterStep() - 1);
    }
    for (int i = 0; i < targets.length; i++) {
      running.set(targets[i], running.get(sources[i]));
    }
    running.subList(remaining, running.size()).clear();
  }

  /** Positions that any slot has filled after the next step. */
  private int positionsAfterStep() {
    return running.stream().mapToInt(Sample::lastPosition).max().orElse(0) + 1;
  }

  /** One token for every running sample; returns the slots whose samples finished, ascending. */
  private int[] step() {
    int filled = positionsAfterStep();
    cache.reserve(filled);
    turnAnew();
    try (MemoryScope scope = MemoryScope.open()) {
      int n = running.size();
      Tensor tokens = Tensor.of(running.stream().mapToInt(Sample::lastToken).toArray(), n);
      Tensor positions = Tensor.of(running.stream().mapToInt(Sample::lastPosition).toArray(), n);
      Tensor places = filled <= weights.config().positions().longestShort() ? positions
          : Tensor.of(running.stream().mapToInt(this::place).toArray(), n);
      StepInputs inputs = StepInputs.of(running, request, weights.config().vocabSize());
      KernelStyle style = weights.style();
      Sample.appendAll(running, Kernels.inferred("decode_step", tokens, positions, places, weights.embeddings(),
          weights.matrices(), weights.packed(), n == maxSlots ? prepared : List.of(), weights.turns(longest),
          cache.tensors(), style.style(), style.numbers(), layout.windows(), style.tables(), filled,
          inputs.uniforms(), inputs.forbidden(), inputs.repeated(), request.options().topK(), inputs.numbers()));
    }
    steps++;
    return IntStream.range(0, running.size()).filter(slot -> emitIfFinished(running.get(slot))).toArray();
  }

  /** Where the model's tables of positions have that of the sample's newest token. */
  private int place(Sample sample) {
    return weights.config().positions().place(sample.lastPosition(), sample.sequenceLength());
  }

  /**
   * Computes the cache of samples anew that have just become so long that all their positions are of another kind. What
   * they sampled before stays, like its log-probs.
   */
  private void turnAnew() {
    int longestShort = weights.config().positions().longestShort();
    for (int slot = 0; slot < running.size(); slot++) {
      Sample sample = running.get(slot);
      if (sample.lastPosition() == longestShort) {
        try (MemoryScope scope = MemoryScope.open()) {
          int[] tokens = IntStream.range(0, sample.sequenceLength()).map(sample::tokenAt).toArray();
          PackedBatch batch = PackedBatch.of(List.of(tokens));
          List<Tensor> keysAndValues = weights.keysAndValues(batch, layout.recentRows(batch));
          cache.place(keysAndValues, List.of(new KeyValueCache.Placed(slot, 0, 0, tokens.length)));
        }
      }
    }
  }

  private boolean emitIfFinished(Sample sample) {
    boolean finished = sample.isFinished();
    if (finished) {
      Rollout rollout = sample.toRollout();
      generatedTokens += rollout.response().length;
      sink.accept(rollout);
    }
    return finished;
  }

  @Override
  public void close() {
    group.close();
    cache.close();
  }
}
