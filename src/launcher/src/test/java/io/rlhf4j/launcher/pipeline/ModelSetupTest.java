package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.SaveFormat;
import io.rlhf4j.reference.FrozenReference;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.train.ResponseLogProbs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelSetupTest {

  private static final LlamaConfig SHAPE = new LlamaConfig(60, 32, 48, 2, 4, 2, 8, 1e-5, 1e4, 256, false);

  /** Long sequences: without adapters their layers are computed by other operations. */
  @ParameterizedTest
  @ValueSource(strings = {"{}", "{lora: {r: 4}}", "{lora: {r: 4}, quantization: nf4}",
      "{lora: {r: 4}, precision: bf16}", "{gradient_checkpointing: true}"})
  void beforeTheFirstUpdateThePolicySaysWhatTheReferenceSays(String keys) {
    RecipeConfig recipe = RecipeConfig.parse("name: t\nmodel: " + keys + "\n");
    List<TokenSequence> sequences = sequences();
    try (CausalModel policy = ModelSetup.forTraining(CausalModel.random(SHAPE, 0.2, 3), recipe.model(), 17);
        FrozenReference reference =
            new FrozenReference(ModelSetup.frozen(CausalModel.random(SHAPE, 0.2, 3), recipe.model()), 2000);
        MemoryScope scope = MemoryScope.open()) {
      policy.trainable(true);
      List<float[]> expected = reference.logProbs(sequences, 0.9);
      List<float[]> old = ResponseLogProbs.of(policy, sequences, 0.9, 2000);
      List<float[]> learning;
      try (GradientScope gradients = GradientScope.open()) {
        PackedBatch batch = PackedBatch.sharingPrompts(sequences, policy.backbone().config());
        ActionRows actions = ActionRows.of(batch, sequences);
        learning = actions.split(policy.logProbs(policy.hidden(batch), actions, 0.9).logProbs().toFloats());
      }
      for (int i = 0; i < sequences.size(); i++) {
        assertThat(old.get(i)).as("KL is 0").isEqualTo(expected.get(i));
        assertThat(learning.get(i)).as("ratios are 1").isEqualTo(old.get(i));
      }
    }
  }

  /** What a stage leaves for the next one is fp32; another machine is told what auto means. */
  @Test
  void savedNumbersAreThoseOfTheRecipeButNotOfStages(@TempDir Path folder) {
    try (CausalModel given = CausalModel.random(SHAPE, 0.2, 3)) {
      given.save(folder, new SaveFormat(1_000_000, LoraOutput.BOTH, StoredType.BF16));
    }
    RecipeConfig recipe = RecipeConfig.parse("name: t\nmodel: {path: " + folder + ", save_dtype: auto}\n");
    try (CausalModel last = ModelSetup.forTraining(CausalModel.load(folder), recipe.model(), 17);
        CausalModel stage = ModelSetup.forStage(CausalModel.load(folder), recipe.model(), 17)) {
      assertThat(last.backbone().saveFormat().floats()).isEqualTo(StoredType.BF16);
      assertThat(stage.backbone().saveFormat().floats()).isEqualTo(StoredType.F32);
    }
    assertThat(Roles.settings(recipe, InferencePrecision.FP32)).contains("save_dtype: bfloat16");
    assertThat(Roles.settings(RecipeConfig.parse("name: t\nmodel: {save_dtype: auto}\n"), InferencePrecision.FP32))
        .contains("save_dtype: float32");
  }

  private static List<TokenSequence> sequences() {
    Random random = new Random(5);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int length : new int[] {160, 200, 181}) {
      sequences.add(TokenSequence.of(random.ints(40, 3, 60).toArray(), random.ints(length - 40, 3, 60).toArray()));
    }
    return sequences;
  }
}
