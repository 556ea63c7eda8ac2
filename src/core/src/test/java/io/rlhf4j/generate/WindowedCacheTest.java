package io.rlhf4j.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.KernelStyle;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Repetition;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.ResponseLogProbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowedCacheTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/families");

  /** Gemma's layers in turn, Mistral's all; prompts shorter and longer than the window, slots taken over and moved. */
  @ParameterizedTest
  @ValueSource(strings = {"mistral", "gemma2", "gemma3"})
  void whatLeftTheWindowIsNotMissed(String name, @TempDir Path directory) throws IOException {
    try (CausalModel model = withWindow(name, 70, directory)) {
      Random random = new Random(3);
      List<PromptRequest> prompts = new ArrayList<>();
      for (int length : new int[] {3, 90, 150, 69, 70, 71, 20}) {
        prompts.add(new PromptRequest(length, random.ints(length, 3, 40).toArray()));
      }
      List<Rollout> rollouts = new ArrayList<>();
      new RolloutGenerator(4).generate(model, 0, 0, prompts,
          new SamplingOptions(1, 1, 0, 0, Repetition.FREE, new StopRules(List.of(7), List.of()), 40, 160, 2, 17),
          TurnEnd.ofTokens(), rollouts::add);
      assertThat(rollouts).hasSize(14);
      assertThat(rollouts).anyMatch(rollout -> rollout.response().length < 60);
      assertThat(rollouts).anyMatch(rollout -> rollout.response().length > 75);
      List<float[]> packed =
          ResponseLogProbs.of(model, rollouts.stream().map(Rollout::sequence).toList(), 1, 1_000_000);
      for (int i = 0; i < rollouts.size(); i++) {
        assertThat(rollouts.get(i).behaviourLogProbs()).containsExactly(packed.get(i), Offset.offset(2e-5f));
      }
    }
  }

  @Test
  void layersWithAWindowHoldTheWindowOnly(@TempDir Path directory) throws IOException {
    try (CausalModel model = withWindow("gemma2", 70, directory)) {
      DecoderShape shape = model.backbone().config();
      int perPosition = 3 * 2 * shape.kvHeads() * shape.headSize();
      CacheLayout layout = CacheLayout.of(KernelStyle.of(shape), 1000);
      try (KeyValueCache cache = new KeyValueCache(shape, layout, 3)) {
        assertThat(cache.size()).isEqualTo(perPosition * (64 + 64));
        cache.reserve(65);
        assertThat(cache.size()).isEqualTo(perPosition * (128 + 70));
        cache.reserve(1000);
        assertThat(cache.size()).isEqualTo(perPosition * (1024 + 70));
      }
      CacheLayout neverFull = CacheLayout.of(KernelStyle.of(shape), 70);
      assertThat(neverFull.windowedLayers()).isZero();
      try (KeyValueCache cache = new KeyValueCache(shape, neverFull, 3)) {
        assertThat(cache.size()).isEqualTo(perPosition * 2 * 64);
      }
    }
  }

  @Test
  void aPromptKeepsItsEndOnlyWhereThereIsAWindow() {
    CacheLayout layout = new CacheLayout(new int[] {0, 3}, 3);
    try (MemoryScope scope = MemoryScope.open()) {
      assertThat(layout.recentRows(PackedBatch.of(List.of(new int[5], new int[2], new int[4]))))
          .containsExactly(2, 3, 4, 5, 6, 8, 9, 10);
      assertThat(layout.recentRows(PackedBatch.of(List.of(new int[3], new int[2])))).isEmpty();
    }
  }

  /** Position p of a window of 3 has cell p mod 3: a prompt of 5 tokens leaves 3, 4, 2. */
  @Test
  void aPositionTakesThePlaceOfTheOneThatLeft(@TempDir Path directory) throws IOException {
    try (CausalModel model = withWindow("mistral", 3, directory); MemoryScope scope = MemoryScope.open()) {
      DecoderShape shape = model.backbone().config();
      int row = 2 * shape.kvHeads() * shape.headSize();
      CacheLayout layout = CacheLayout.of(KernelStyle.of(shape), 5);
      try (KeyValueCache cache = new KeyValueCache(shape, layout, 1)) {
        float[] recent = new float[3 * row];
        IntStream.range(0, recent.length).forEach(i -> recent[i] = 2 + i / row);
        Tensor keysAndValues = Tensor.of(recent, 3, 2L * shape.kvHeads(), shape.headSize());
        cache.place(List.of(keysAndValues, keysAndValues), List.of(new KeyValueCache.Placed(0, 0, 0, 5)));
        float[] cells = cache.tensors().get(1).toFloats();
        assertThat(new float[] {cells[0], cells[shape.headSize()], cells[2 * shape.headSize()]})
            .containsExactly(3, 4, 2);
      }
    }
  }

  private static CausalModel withWindow(String name, int window, Path directory) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode config = (ObjectNode) mapper.readTree(GOLDEN.resolve(name).resolve("config.json").toFile());
    config.put("max_position_embeddings", 1000).put("sliding_window", window);
    Files.writeString(directory.resolve("config.json"), config.toString());
    Files.copy(GOLDEN.resolve(name).resolve("model.safetensors"), directory.resolve("model.safetensors"));
    return CausalModel.load(directory);
  }
}
