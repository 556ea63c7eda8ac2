package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.launcher.stage.Hashes;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LanguageModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code model.lora.save} and {@code model.max_shard_size}. */
class AdapterOutputTest extends TinyPolicyFixture {

  @Test
  void adaptersAloneAreWhatTheWholeModelIsMadeOf() throws IOException {
    Path both = sft(model, "both");
    Path merged = sft(model, "merged");
    Path alone = sft(model, "adapter");
    assertThat(both.resolve("adapter")).isDirectory();
    assertThat(merged.resolve("adapter")).doesNotExist();
    assertThat(files(alone)).contains("adapter_config.json", "adapter_model.safetensors", "tokenizer.json",
        "provenance.json").doesNotContain("config.json", "model.safetensors", "adapter", "config_changes.json");
    assertThat(Files.size(alone.resolve("adapter_model.safetensors"))).isLessThan(Files.size(
        merged.resolve("model.safetensors")) / 2);
    assertSame(alone, merged);
    assertSame(both, merged);

    String before = Hashes.of(alone);
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("10000", "10001"));
    assertThat(Hashes.of(alone)).as("the model beside which they stand has changed").isNotEqualTo(before);
  }

  @Test
  void trainingGoesOnFromAdaptersAndNamesThemAsItsModel() throws IOException {
    Path merged = sft(sft(model, "merged"), "merged");
    Path first = sft(model, "adapter");
    Path second = sft(first, "adapter");
    assertThat(new ObjectMapper().readTree(second.resolve("adapter_config.json").toFile())
        .get("base_model_name_or_path").asText()).isEqualTo(first.toAbsolutePath().toString());
    assertSame(second, merged);

    Path whole = directory.resolve("whole");
    assertThat(run("merge", "--model", second, "--out", whole).code()).isZero();
    assertSame(whole, merged);
    TinyRun.Result answers = run("generate", "--model", second, "--data", tiny.data(TaskFile.PROMPTS_TEST), "--out",
        directory.resolve("answers.jsonl"), "-o", "data.max_length=192", "-o", "data.max_prompt_length=96", "-o",
        "ppo.max_new_tokens=4");
    assertThat(answers.code()).as(answers.err()).isZero();
    assertThat(run("inspect", second).out()).contains("LlamaForCausalLM");
  }

  @Test
  void aWholeRunEndsWithAdaptersOfItsOwnStages() throws IOException {
    TinyRun.Result result = tiny.ppo("-o", "model.lora={r: 2, save: adapter}", "-o", "ppo.iterations=1");
    assertThat(result.code()).as(result.err()).isZero();
    Path run = tiny.root("tiny");
    assertThat(files(run.resolve("stages/sft"))).contains("model.safetensors").doesNotContain("adapter");
    assertThat(files(run.resolve("final/actor"))).contains("adapter_model.safetensors")
        .doesNotContain("model.safetensors", "adapter");
    assertThat(new ObjectMapper().readTree(run.resolve("final/actor/adapter_config.json").toFile())
        .get("base_model_name_or_path").asText()).isEqualTo(run.resolve("stages/sft").toAbsolutePath().toString());
    CausalModel.load(run.resolve("final/actor")).close();
    ScalarModel.load(run.resolve("final/critic")).close();
  }

  @Test
  void trainedModelsAreWrittenInFilesOfTheWantedSize() throws IOException {
    Path large = directory.resolve("large");
    try (Tokenizer tokenizer = Tokenizer.load(model); CausalModel policy = CausalModel.random(
        new LlamaConfig(tokenizer.vocabularySize(), 256, 512, 1, 2, 1, 128, 1e-5, 10_000, 256, true), 0.02, 3)) {
      policy.save(large);
      tokenizer.copyTo(large);
    }
    Path out = directory.resolve("shards");
    TinyRun.Result result = run("sft", "--model", large, "--data", tiny.data(TaskFile.SFT) + ":0.1", "--out", out, "-o",
        "model.max_shard_size=1MB", "-o", "data.max_length=192", "-o", "data.max_prompt_length=96");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(files(out)).contains("model.safetensors.index.json", "model-00001-of-00004.safetensors");
    CausalModel.load(out).close();
    assertThat(run("sft", "--model", large, "--data", tiny.data(TaskFile.SFT), "--out", directory.resolve("none"), "-o",
        "model.max_shard_size=huge").err()).contains("model.max_shard_size: is huge, must be a whole number with MB");
  }

  private Path sft(Path from, String save) {
    Path out = directory.resolve(from.getFileName() + "-" + save);
    TinyRun.Result result = run("sft", "--model", from, "--data", tiny.data(TaskFile.SFT) + ":0.5", "--out", out, "-o",
        "model.lora={r: 2, save: " + save + "}", "-o", "data.max_length=192", "-o", "data.max_prompt_length=96", "-o",
        "sft.learning_rate=1.0e-2");
    assertThat(result.code()).as(result.err()).isZero();
    return out;
  }

  private static void assertSame(Path one, Path other) {
    try (LanguageModel a = LanguageModel.load(one); LanguageModel b = LanguageModel.load(other);
        MemoryScope scope = MemoryScope.open()) {
      Map<String, Tensor> expected = b.mergedWeights();
      a.mergedWeights().forEach((name, weight) -> assertThat(weight.toFloats()).as(name)
          .isEqualTo(expected.get(name).toFloats()));
    }
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static TinyRun.Result run(Object... arguments) {
    return TinyRun.execute(new ArrayList<>(Arrays.stream(arguments).map(Object::toString).toList()));
  }
}
