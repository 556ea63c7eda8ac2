package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.tensor.MemoryScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequences long enough that the packed forward works through stretches of queries, which decoding never does. */
class LongWindowTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/families");

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "gemma2", "gemma3"})
  void stretchesOfQueriesSeeWhatSingleStepsSee(String name, @TempDir Path directory) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode config = (ObjectNode) mapper.readTree(GOLDEN.resolve(name).resolve("config.json").toFile());
    Files.writeString(directory.resolve("config.json"), config.put("max_position_embeddings", 400).toString());
    Files.copy(GOLDEN.resolve(name).resolve("model.safetensors"), directory.resolve("model.safetensors"));
    List<Rollout> rollouts = new ArrayList<>();
    try (CausalModel model = CausalModel.load(directory); MemoryScope scope = MemoryScope.open()) {
      new RolloutGenerator().generate(model, 0, 0, List.of(new PromptRequest(1, new int[] {5, 9, 14})),
          new SamplingOptions(1, 1, 0, 0, 330, 2, 17), TurnEnd.ofTokens(), rollouts::add);
      assertThat(rollouts).hasSize(2);
      PackedBatch batch = PackedBatch.sharingPrompts(rollouts.stream().map(Rollout::sequence).toList());
      ActionRows actions = ActionRows.of(batch, rollouts.stream().map(Rollout::sequence).toList());
      List<float[]> packed = actions.split(model.logProbs(model.hidden(batch), actions, 1).logProbs().toFloats());
      for (int i = 0; i < 2; i++) {
        assertThat(rollouts.get(i).behaviourLogProbs()).containsExactly(packed.get(i), Offset.offset(5e-5f));
      }
    }
  }
}
