package io.rlhf4j.generate;

import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One response while it grows. */
final class Sample {

  private final RolloutKey key;
  private final PromptRequest prompt;
  private final SamplingOptions options;
  private final Stops stops;
  private int[] tokens = new int[16];
  private float[] logProbs = new float[16];
  private int length;
  private @Nullable FinishReason finish;

  Sample(RolloutKey key, PromptRequest prompt, SamplingOptions options, Stops stops) {
    this.key = key;
    this.prompt = prompt;
    this.options = options;
    this.stops = stops;
  }

  /** The random number that decides the next token; nothing outside this sample enters it. */
  float nextUniform() {
    return CounterRandom.uniform(options.seed(), key.step(), key.promptId(), key.sampleIndex(), length);
  }

  /** Reads the next token of every sample, {@code [2, N]} tokens and log-probs: the one wait for the device a step. */
  static void appendAll(List<Sample> samples, Tensor tokensAndLogProbs) {
    float[] values = tokensAndLogProbs.toFloats();
    int n = samples.size();
    for (int i = 0; i < n; i++) {
      samples.get(i).append((int) values[i], values[n + i]);
    }
  }

  /** Length of prompt and response. */
  int sequenceLength() {
    return prompt.tokens().length + length;
  }

  /** Token of prompt or response. */
  int tokenAt(int position) {
    int inPrompt = prompt.tokens().length;
    return position < inPrompt ? prompt.tokens()[position] : tokens[position - inPrompt];
  }

  /** Whether the next token may end the response. */
  boolean mayStop() {
    return length >= options.minNewTokens();
  }

  private void append(int token, float logProb) {
    if (!Float.isFinite(logProb)) {
      throw new IllegalStateException("the policy's log-prob of token " + length + " of rollout " + key + " is "
          + logProb + ": the model's weights or logits are not finite");
    }
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
      logProbs = Arrays.copyOf(logProbs, 2 * length);
    }
    tokens[length] = token;
    logProbs[length++] = logProb;
  }

  int lastToken() {
    return tokens[length - 1];
  }

  /** Position of the last token in prompt and response together. */
  int lastPosition() {
    return prompt.tokens().length + length - 1;
  }

  /** Looks at the newest token; to be called once after each. */
  boolean isFinished() {
    if (stops.contains(lastToken())) {
      finish = FinishReason.STOP;
    } else if (length > options.minNewTokens() && stops.strings().endAt(tokens, length)) {
      finish = FinishReason.STOP_STRING;
    } else if (length == options.maxNewTokens()) {
      finish = FinishReason.LENGTH;
    }
    return finish != null;
  }

  Rollout toRollout() {
    if (finish == null) {
      throw new IllegalStateException("rollout " + key + " has not ended");
    }
    return new Rollout(key, prompt.tokens(), Arrays.copyOf(tokens, length), Arrays.copyOf(logProbs, length), finish);
  }
}
