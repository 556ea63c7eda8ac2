package io.rlhf4j.generate;

import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
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
 * <p>Samples run in slots {@code 0..n-1} without gaps. A slot whose sample finished goes to the next waiting sample; when
 * none is waiting, the last slot moves into the gap, so that a step never computes rows that nobody needs.
 */
final class Decoding implements AutoCloseable {

  /** Prompts are processed in groups of about this many tokens, which bounds the memory of their keys and values. */
  private static final int GROUP_TOKENS = 2048;

  /** Likewise for the logits of their samples' first tokens. */
  private static final int GROUP_SAMPLES = 1024;

  private final DecoderWeights weights;
  private final SamplingOptions options;
  private final StopTokens stops;
  private final Consumer<Rollout> sink;
  private final List<PromptRequest> prompts;
  private final long step;
  private final long policyVersion;
  private final int maxSlots;
  private final KeyValueCache cache;
  private final List<Sample> running = new ArrayList<>();
  private PromptGroup group = PromptGroup.empty();
  private int nextPrompt;
  private long promptTokens;
  private long generatedTokens;
  private long steps;

  Decoding(DecoderWeights weights, List<PromptRequest> prompts, SamplingOptions options, StopTokens stops,
      Consumer<Rollout> sink, long step, long policyVersion, int maxSlots) {
    this.weights = weights;
    this.prompts = prompts;
    this.options = options;
    this.stops = stops;
    this.sink = sink;
    this.step = step;
    this.policyVersion = policyVersion;
    this.maxSlots = (int) Math.min(maxSlots, (long) prompts.size() * options.samplesPerPrompt());
    this.cache = new KeyValueCache(weights.config(), this.maxSlots);
  }

  void run() {
    fill(IntStream.range(0, maxSlots).toArray());
    while (!running.isEmpty()) {
      int[] finished = step();
      int filled = fill(finished);
      closeGaps(finished, filled);
    }
  }

  GenerationStats stats(double seconds) {
    return new GenerationStats(promptTokens, generatedTokens, steps, seconds);
  }

  /** Gives free slots to waiting samples, in order; returns how many of the slots were taken. */
  private int fill(int[] free) {
    int taken = 0;
    while (taken < free.length) {
      if (group.isEmpty()) {
        if (nextPrompt == prompts.size()) {
          return taken;
        }
        group.close();
        group = nextGroup();
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

  /** Moves samples from the end into the slots {@code gaps[from..]}, ascending, that no sample took over. */
  private void closeGaps(int[] gaps, int from) {
    int remaining = running.size() - (gaps.length - from);
    int[] targets = IntStream.range(from, gaps.length).map(i -> gaps[i]).filter(slot -> slot < remaining).toArray();
    boolean[] gap = new boolean[running.size()];
    for (int i = from; i < gaps.length; i++) {
      gap[gaps[i]] = true;
    }
    int[] sources = IntStream.range(remaining, running.size()).filter(slot -> !gap[slot]).toArray();
    if (targets.length > 0) {
      cache.move(sources, targets, filled());
      for (int i = 0; i < targets.length; i++) {
        running.set(targets[i], running.get(sources[i]));
      }
    }
    running.subList(remaining, running.size()).clear();
  }

  /** Positions that any running sample fills after the next step. */
  private int filled() {
    return running.stream().mapToInt(Sample::lastPosition).max().orElse(0) + 1;
  }

  private PromptGroup nextGroup() {
    List<int[]> sequences = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    int tokens = 0;
    while (nextPrompt < prompts.size() && (tokens == 0
        || tokens + prompts.get(nextPrompt).tokens().length <= GROUP_TOKENS
        && samples.size() + options.samplesPerPrompt() <= GROUP_SAMPLES)) {
      PromptRequest prompt = prompts.get(nextPrompt++);
      sequences.add(prompt.tokens());
      tokens += prompt.tokens().length;
      for (int i = 0; i < options.samplesPerPrompt(); i++) {
        samples.add(new Sample(new RolloutKey(step, prompt.promptId(), i, policyVersion), prompt, options));
      }
    }
    promptTokens += tokens;
    return processPrompts(sequences, samples);
  }

  private PromptGroup processPrompts(List<int[]> sequences, List<Sample> samples) {
    try (MemoryScope scope = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(sequences);
      int n = options.samplesPerPrompt();
      long[] last = new long[samples.size()];
      for (int i = 0; i < last.length; i++) {
        last[i] = batch.offsets()[i / n + 1] - 1L;
      }
      StepInputs inputs = StepInputs.of(samples, stops);
      List<Tensor> results = Kernels.tensors("decode_prompts", batch.tokens(), batch.positions(), weights.embedding(),
          weights.matrices(), weights.config().heads(), weights.config().kvHeads(), batch.blocks(), batch.blockLengths(),
          batch.order(), Tensor.of(last, last.length), inputs.uniforms(), inputs.stops(), inputs.stopBias(),
          options.temperature(), options.topK(), options.topP());
      append(samples, results.getFirst());
      List<PromptGroup.Waiting> waiting = new ArrayList<>();
      for (int i = 0; i < samples.size(); i++) {
        if (!emitIfFinished(samples.get(i))) {
          waiting.add(new PromptGroup.Waiting(samples.get(i), batch.offsets()[i / n], batch.length(i / n)));
        }
      }
      return new PromptGroup(results.stream().skip(1).map(Tensor::owned).toList(), waiting);
    }
  }

  /** One token for every running sample; returns the slots whose samples finished, ascending. */
  private int[] step() {
    int filled = filled();
    cache.reserve(filled);
    try (MemoryScope scope = MemoryScope.open()) {
      int n = running.size();
      Tensor tokens = Tensor.of(running.stream().mapToInt(Sample::lastToken).toArray(), n);
      Tensor positions = Tensor.of(running.stream().mapToInt(Sample::lastPosition).toArray(), n);
      StepInputs inputs = StepInputs.of(running, stops);
      append(running, Kernels.tensor("decode_step", tokens, positions, weights.embedding(), weights.matrices(),
          cache.tensors(), weights.config().heads(), filled, inputs.uniforms(), inputs.stops(), inputs.stopBias(),
          options.temperature(), options.topK(), options.topP()));
    }
    steps++;
    return IntStream.range(0, running.size()).filter(slot -> emitIfFinished(running.get(slot))).toArray();
  }

  /** Reads {@code [2, N]} tokens and log-probs: the one wait for the device in a step. */
  private void append(List<Sample> samples, Tensor tokensAndLogProbs) {
    float[] values = tokensAndLogProbs.toFloats();
    int n = samples.size();
    for (int i = 0; i < n; i++) {
      samples.get(i).append((int) values[i], values[n + i]);
    }
    generatedTokens += n;
  }

  private boolean emitIfFinished(Sample sample) {
    boolean finished = sample.isFinished(stops);
    if (finished) {
      sink.accept(sample.toRollout(stops));
    }
    return finished;
  }

  @Override
  public void close() {
    group.close();
    cache.close();
  }
}
