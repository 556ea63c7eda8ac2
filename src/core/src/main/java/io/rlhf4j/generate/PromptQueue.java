package io.rlhf4j.generate;

import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.model.KernelStyle;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Takes the prompts of a request through the model, group by group, each once. */
final class PromptQueue {

  /** A group is closed at this many tokens, which bounds the memory of its keys and values. */
  private static final int GROUP_TOKENS = 2048;

  /** Likewise for the logits of its samples' first tokens. */
  private static final int GROUP_SAMPLES = 1024;

  private final InferenceWeights weights;
  private final GenerationRequest request;
  private final CacheLayout layout;
  private int next;
  private long promptTokens;

  PromptQueue(InferenceWeights weights, GenerationRequest request, CacheLayout layout) {
    this.weights = weights;
    this.request = request;
    this.layout = layout;
  }

  boolean isEmpty() {
    return next == request.prompts().size();
  }

  /** Tokens of the prompts that were processed. */
  long promptTokens() {
    return promptTokens;
  }

  /**
   * Processes the next prompts, at least one, and draws the first token of each of their samples. Samples that
   * {@code isDone} accepts right then do not wait for a slot.
   */
  PromptGroup nextGroup(Predicate<Sample> isDone) {
    SamplingOptions options = request.options();
    List<int[]> sequences = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    int tokens = 0;
    do {
      PromptRequest prompt = request.prompts().get(next++);
      sequences.add(prompt.tokens());
      tokens += prompt.tokens().length;
      request.samplesOf(prompt).forEach(samples::add);
    } while (!isEmpty() && tokens + request.prompts().get(next).tokens().length <= GROUP_TOKENS
        && samples.size() + options.samplesPerPrompt() <= GROUP_SAMPLES);
    promptTokens += tokens;
    try (MemoryScope scope = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(sequences);
      List<Tensor> results = process(batch, samples);
      Sample.appendAll(samples, results.getFirst());
      int[] firstRecentRows = firstRecentRows(batch);
      List<PromptGroup.Waiting> waiting = new ArrayList<>();
      for (int i = 0; i < samples.size(); i++) {
        int sequence = i / options.samplesPerPrompt();
        if (!isDone.test(samples.get(i))) {
          waiting.add(new PromptGroup.Waiting(samples.get(i), batch.row(sequence, 0), firstRecentRows[sequence],
              batch.length(sequence)));
        }
      }
      return new PromptGroup(results.stream().skip(1).map(Tensor::owned).toList(), waiting);
    }
  }

  private int[] firstRecentRows(PackedBatch batch) {
    int[] first = new int[batch.sequences()];
    for (int s = 1; s < first.length; s++) {
      first[s] = first[s - 1] + layout.held(batch.length(s - 1));
    }
    return first;
  }

  /** First tokens and their log-probs, {@code [2, samples]}, and then keys and values of every layer. */
  private List<Tensor> process(PackedBatch batch, List<Sample> samples) {
    SamplingOptions options = request.options();
    KernelStyle style = weights.style();
    long[] last = new long[samples.size()];
    for (int i = 0; i < last.length; i++) {
      int sequence = i / options.samplesPerPrompt();
      last[i] = batch.row(sequence, batch.length(sequence) - 1);
    }
    StepInputs inputs = StepInputs.of(samples, request, weights.config().vocabSize());
    long[] recent = layout.recentRows(batch);
    return Kernels.tensors("decode_prompts", batch.tokens(), batch.places(weights.config().positions()),
        weights.embeddings(), weights.matrices(), weights.packed(), weights.turns(request.longest()), style.style(),
        style.numbers(), style.windows(), style.tables(), batch.blocks(), batch.blockLengths(), batch.order(),
        Tensor.of(recent, recent.length), Tensor.of(last, last.length), inputs.uniforms(), inputs.forbidden(),
        inputs.repeated(), options.topK(), inputs.numbers());
  }
}
