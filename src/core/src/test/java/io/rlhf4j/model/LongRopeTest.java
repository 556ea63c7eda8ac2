package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Sequences on both sides of the length at which Phi-3's frequencies change; here 12. */
class LongRopeTest {

  private static final Path MODEL = Path.of("src/test/resources/golden/families/phi3-longrope");

  @Test
  void greedyGenerationAcrossTheChangeEqualsTheReference() {
    try (CausalModel model = CausalModel.load(MODEL);
        SafetensorsReader golden = SafetensorsReader.open(MODEL.resolve("golden.safetensors"));
        MemoryScope scope = MemoryScope.open()) {
      int[] prompt = ints(golden.read("prompt"));
      int[] expected = ints(golden.read("greedy"));
      assertThat(prompt.length).isLessThan(12);
      // Others beside it cross the change at other steps.
      List<PromptRequest> prompts = List.of(new PromptRequest(1, new int[] {5, 9, 14}), new PromptRequest(2, prompt),
          new PromptRequest(3, new Random(1).ints(15, 3, 40).toArray()));
      List<Rollout> rollouts = new ArrayList<>();
      new RolloutGenerator(3).generate(model, 0, 0, prompts, new SamplingOptions(0, 1, 0, 0, 20, 1, 17),
          TurnEnd.ofTokens(), rollouts::add);
      Rollout same = rollouts.stream().filter(rollout -> rollout.key().promptId() == 2).findAny().orElseThrow();
      assertThat(same.response()).containsExactly(expected);
    }
  }

  @Test
  void aSharedPromptIsSharedOnOneSideOnly() {
    Random random = new Random(3);
    int[] prompt = random.ints(7, 3, 40).toArray();
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {3, 5, 6, 9}) {
      sequences.add(TokenSequence.of(prompt, random.ints(length, 3, 40).toArray()));
    }
    try (CausalModel model = CausalModel.load(MODEL); MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      PackedBatch shared = PackedBatch.sharingPrompts(sequences, model.backbone().config());
      assertThat(shared.rows()).isEqualTo(2 * 7 + 3 + 5 + 6 + 9);
      float[] ofShared = Gradients.accumulate(model, shared, sequences, 1);
      List<float[]> sharedGradients = Gradients.take(model);
      PackedBatch separate = PackedBatch.of(sequences.stream().map(TokenSequence::tokens).toList());
      assertThat(ofShared).containsExactly(Gradients.accumulate(model, separate, sequences, 1), Offset.offset(1e-5f));
      List<float[]> separateGradients = Gradients.take(model);
      for (int i = 0; i < sharedGradients.size(); i++) {
        assertThat(sharedGradients.get(i)).containsExactly(separateGradients.get(i), Offset.offset(2e-4f));
      }
      assertThatThrownBy(() -> model.hidden(PackedBatch.sharingPrompts(sequences)))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("sequence 2 shares a prompt");
    }
  }

  private static int[] ints(Tensor tensor) {
    return Arrays.stream(tensor.toLongs()).mapToInt(Math::toIntExact).toArray();
  }
}
