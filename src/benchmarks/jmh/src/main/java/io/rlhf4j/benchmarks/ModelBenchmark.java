package io.rlhf4j.benchmarks;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.generate.GenerationStats;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.LibTorch;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.text.MaskedTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Kernels as training and sampling call them, with a model so small that the crossings from Java count. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ModelBenchmark {

  private static final LlamaConfig SHAPE = new LlamaConfig(1024, 64, 176, 4, 4, 4, 16, 1e-5, 10_000, 512, true);
  private static final int BATCH = 8;
  private static final int NEW_TOKENS = 32;
  private static final int STEPS = 4;

  /** Length of every sequence, tokens. */
  @Param({"32", "256"})
  public int length;

  private final List<int[]> sequences = new ArrayList<>();
  private CausalModel model;
  private InferenceWeights weights;
  private List<MaskedTokens> examples = List.of();
  private SftConfig config;

  @Setup
  public void prepare() {
    LibTorch.setThreads(1);
    Random random = new Random(11);
    IntStream.range(0, BATCH).forEach(i -> sequences.add(random.ints(length + i, 0, SHAPE.vocabSize()).toArray()));
    examples = sequences.stream().map(ModelBenchmark::trainedFromTheSecondToken).toList();
    model = CausalModel.random(SHAPE, 0.02, 17);
    weights = InferenceWeights.of(model, InferencePrecision.FP32);
    config = RecipeConfig.parse("sft: {epochs: %d, batch_size: %d}".formatted(STEPS, BATCH)).sft();
  }

  private static MaskedTokens trainedFromTheSecondToken(int[] tokens) {
    boolean[] trained = new boolean[tokens.length];
    Arrays.fill(trained, 1, trained.length, true);
    return new MaskedTokens(tokens, trained);
  }

  @TearDown
  public void close() {
    weights.close();
    model.close();
  }

  /** Hidden states of 8 sequences. */
  @Benchmark
  public long forward() {
    try (MemoryScope scope = MemoryScope.open()) {
      return model.hidden(PackedBatch.of(sequences)).count();
    }
  }

  /** 4 optimiser steps on 8 sequences, from a new optimiser. */
  @Benchmark
  public double training() {
    return new SftTrainer(model, config, 17).train(examples, (step, total, tokens, metrics) -> {});
  }

  /** 32 tokens after each of 8 prompts. */
  @Benchmark
  public GenerationStats sampling() {
    List<PromptRequest> prompts =
        IntStream.range(0, BATCH).mapToObj(i -> new PromptRequest(i, sequences.get(i))).toList();
    return new RolloutGenerator(BATCH).generate(weights, 0, 0, prompts,
        new SamplingOptions(1, 1, 0, 0, NEW_TOKENS, 1, 17), TurnEnd.ofTokens(), rollout -> {});
  }
}
