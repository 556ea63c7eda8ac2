package io.rlhf4j.launcher.bench;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.generate.GenerationStats;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.InferenceWeights;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What it costs to process prompts whose samples share them, beside as many prompts as there are samples. Answers of
 * one token come from the prompts' forward alone, so nothing else is timed.
 */
final class PromptBench {

  private static final int PROMPTS = 8;
  private static final int SAMPLES_PER_PROMPT = 8;
  private static final int ROUNDS = 3;

  private PromptBench() {}

  /**
   * Both ways, in turn; medians.
   *
   * @param samples in all
   * @param sharedTokens prompt tokens processed when the samples of a prompt share it
   * @param separateTokens prompt tokens processed when every sample has a prompt of its own
   */
  record Result(int prompts, int samples, long sharedTokens, double sharedSeconds, long separateTokens,
      double separateSeconds) {}

  static Result run(CausalModel model, int promptTokens) {
    try (InferenceWeights weights = InferenceWeights.of(model, InferencePrecision.FP32)) {
      int samples = PROMPTS * SAMPLES_PER_PROMPT;
      GenerationStats shared = once(model, weights, promptTokens, PROMPTS, SAMPLES_PER_PROMPT);
      GenerationStats separate = once(model, weights, promptTokens, samples, 1);
      List<Double> sharedSeconds = new ArrayList<>();
      List<Double> separateSeconds = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        sharedSeconds.add(once(model, weights, promptTokens, PROMPTS, SAMPLES_PER_PROMPT).seconds());
        separateSeconds.add(once(model, weights, promptTokens, samples, 1).seconds());
      }
      return new Result(PROMPTS, samples, shared.promptTokens(), Measured.median(sharedSeconds, s -> s),
          separate.promptTokens(), Measured.median(separateSeconds, s -> s));
    }
  }

  private static GenerationStats once(CausalModel model, InferenceWeights weights, int promptTokens, int prompts,
      int samplesPerPrompt) {
    Random random = new Random(3);
    List<PromptRequest> requests = IntStream.range(0, prompts)
        .mapToObj(i -> new PromptRequest(i,
            random.ints(promptTokens, 0, model.backbone().config().vocabSize()).toArray()))
        .toList();
    SamplingOptions options = new SamplingOptions(1, 1, 0, 0, 1, samplesPerPrompt, 17);
    return new RolloutGenerator(prompts * samplesPerPrompt).generate(weights, 0, 0, requests, options,
        TurnEnd.ofTokens(), rollout -> {});
  }
}
