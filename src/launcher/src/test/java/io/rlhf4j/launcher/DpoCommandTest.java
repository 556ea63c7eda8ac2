package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.data.RowHook;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code rlhf dpo} over plain files. */
class DpoCommandTest extends TinyPolicyFixture {

  private Path out;

  @BeforeEach
  void nameOutput() {
    out = directory.resolve("out");
  }

  @Test
  void writesAModelWithItsMetricsAndProvenance() throws IOException {
    TinyRun.Result result = dpo();

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("dpo: 64 pairs", "model: " + out);
    try (CausalModel trained = CausalModel.load(out); Tokenizer tokenizer = Tokenizer.load(out)) {
      assertThat(trained.backbone().config().vocabSize()).isEqualTo(tokenizer.vocabularySize());
    }
    assertThat(Files.mismatch(out.resolve("model.safetensors"), model.resolve("model.safetensors"))).isNotNegative();
    assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(4);
    JsonNode provenance = new ObjectMapper().readTree(out.resolve("provenance.json").toFile());
    assertThat(provenance.get("inputs").get("model").asText()).hasSize(64)
        .isEqualTo(provenance.get("inputs").get("reference").asText());
    assertThat(provenance.get("settings").get("dpo").asText()).contains("beta=0.3");
  }

  @Test
  void whatIsDoneIsNotDoneAgainAndOtherSettingsNeedPermission() throws IOException {
    assertThat(dpo().code()).isZero();
    Path weights = out.resolve("model.safetensors");
    FileTime written = Files.getLastModifiedTime(weights);

    assertThat(dpo().out()).contains("is complete already");
    assertThat(Files.getLastModifiedTime(weights)).isEqualTo(written);

    TinyRun.Result refused = dpo("-o", "dpo.beta=0.5");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("was made with another dpo").contains("--overwrite");
    assertThat(dpo("-o", "dpo.beta=0.5", "--overwrite").code()).isZero();
  }

  @Test
  void rowsAreReadByFieldsGapAndHookOfTheRecipe() throws IOException {
    Path rows = Files.writeString(directory.resolve("rows.jsonl"), """
        {"question": "hi", "good": "yes", "bad": "no", "margin": 2}
        {"question": "ho", "good": "yes", "bad": "no", "margin": 0.5}
        {"question": "ha", "good": "yes", "bad": "no", "margin": 3, "leave": true}
        """);
    String[] keys = {"--data", rows.toString(), "-o", "data.fields={prompt: question, chosen: good, rejected: bad}",
        "-o", "data.min_score_gap=1", "-o", "data.row_hook=" + Leaving.class.getName()};

    TinyRun.Result result = dpo(keys);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("skipped 2 of 3 rows").contains("dpo: 1 pairs");
    assertThat(dpo(with(keys, "data.min_score_gap=0")).err()).contains("was made with another layout");
    out = directory.resolve("streamed");
    assertThat(dpo(with(keys, "data.streaming=true")).out()).contains("skipped 2 of 3 rows").contains("dpo: 1 pairs");
  }

  private static String[] with(String[] keys, String override) {
    return Stream.concat(Stream.of(keys), Stream.of("-o", override)).toArray(String[]::new);
  }

  /** Leaves out the rows that say so. */
  public static final class Leaving implements RowHook {

    @Override
    public @Nullable Map<String, @Nullable Object> apply(Map<String, @Nullable Object> row, long line) {
      return row.containsKey("leave") ? null : row;
    }
  }

  @Test
  void wrongInputLeavesNothing() {
    TinyRun.Result missing = TinyRun.execute(List.of("dpo", "--model", model.toString(), "--data",
        directory.resolve("none.jsonl").toString(), "--out", out.toString()));
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err()).contains("none.jsonl");
    assertThat(out).doesNotExist();

    TinyRun.Result noModel = TinyRun.execute(List.of("dpo", "--data", tiny.data(TaskFile.PREFERENCE_TRAIN).toString(),
        "--out", out.toString()));
    assertThat(noModel.err()).contains("model.path: is missing");
  }

  private TinyRun.Result dpo(String... more) {
    String data = List.of(more).contains("--data") ? more[1] : tiny.data(TaskFile.PREFERENCE_TRAIN).toString();
    List<String> arguments = new ArrayList<>(List.of("dpo", "--model", model.toString(), "--data", data, "--out",
        out.toString(), "-o", "dpo.beta=0.3", "-o", "dpo.batch_size=16", "-o", "dpo.learning_rate=1.0e-3", "-o",
        "threads=1",
        "-o", "data.max_length=192", "-o", "data.max_prompt_length=96"));
    arguments.addAll(List.of(more).contains("--data") ? List.of(more).subList(2, more.length) : List.of(more));
    return TinyRun.execute(arguments);
  }
}
