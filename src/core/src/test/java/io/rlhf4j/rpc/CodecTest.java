package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rl.TokenSequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CodecTest {

  private static final Rollout ROLLOUT = new Rollout(new RolloutKey(3, Long.MAX_VALUE, 5, 7), new int[] {0, 151_000},
      new int[] {9, 8, 7}, new float[] {-0.0f, -1.5f, Float.MIN_VALUE}, FinishReason.LENGTH);

  @Test
  void rolloutsAndExperienceKeepEveryBit() {
    assertThat(RolloutCodec.fromMessage(RolloutCodec.toMessage(ROLLOUT))).usingRecursiveComparison()
        .withComparatorForType(Float::compare, Float.class).isEqualTo(ROLLOUT);
    Experience experience = new Experience(ROLLOUT, new float[] {1, 2, 3}, new float[] {4, 5, 6},
        new float[] {7, Float.NaN, 9}, new float[] {10, 11, Float.NEGATIVE_INFINITY});
    assertThat(RolloutCodec.fromMessage(RolloutCodec.toMessage(experience))).usingRecursiveComparison()
        .withComparatorForType(Float::compare, Float.class).isEqualTo(experience);
  }

  @Test
  void sequencesPromptsAndOptionsKeepEveryBit() {
    TokenSequence sequence = new TokenSequence(new int[] {1, 2, 3}, 2);
    assertThat(SequenceCodec.fromMessage(SequenceCodec.toMessage(sequence))).usingRecursiveComparison()
        .isEqualTo(sequence);
    PromptRequest prompt = new PromptRequest(11, new int[] {5, 6});
    assertThat(SequenceCodec.fromMessage(SequenceCodec.toMessage(prompt))).usingRecursiveComparison()
        .isEqualTo(prompt);
    SamplingOptions options = new SamplingOptions(0.7, 0.95, 40, 1, 64, 4, -17);
    assertThat(SequenceCodec.fromMessage(SequenceCodec.toMessage(options))).isEqualTo(options);
    SamplingOptions every = options.withMinP(0.1).withRepetition(new Repetition(1.1, 3))
        .withStop(new StopRules(List.of(7, 0), List.of("\n\n", "User:")));
    assertThat(SequenceCodec.fromMessage(SequenceCodec.toMessage(every))).isEqualTo(every);
  }

  @Test
  void everyFinishReasonArrives() {
    for (FinishReason finish : FinishReason.values()) {
      Rollout rollout = new Rollout(ROLLOUT.key(), ROLLOUT.prompt(), ROLLOUT.response(), ROLLOUT.behaviourLogProbs(),
          finish);
      assertThat(RolloutCodec.fromMessage(RolloutCodec.toMessage(rollout)).finish()).isEqualTo(finish);
    }
  }

  @Test
  void metricsKeepTheirOrder() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("policy_loss", -0.25);
    metrics.put("approx_kl", Double.NaN);
    metrics.put("a", 1.0);
    assertThat(MetricsCodec.fromMessage(MetricsCodec.toMessage(metrics))).containsExactlyEntriesOf(metrics);
  }

  @Test
  void malformedMessagesAreRefused() {
    var message = RolloutCodec.toMessage(ROLLOUT);
    assertThatThrownBy(() -> RolloutCodec.fromMessage(message.toBuilder().clearFinish().build()))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("finish reason");
    assertThatThrownBy(() -> RolloutCodec.fromMessage(message.toBuilder().addResponse(1).build()))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("4 tokens but 3 log-probs");
    assertThatThrownBy(() -> SequenceCodec.fromMessage(io.rlhf4j.proto.v1.TokenSequence.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
