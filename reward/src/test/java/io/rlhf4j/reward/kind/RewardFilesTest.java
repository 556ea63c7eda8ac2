package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.EnsembleRule;
import io.rlhf4j.config.RewardSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardFilesTest {

  @TempDir
  private Path directory;

  @Test
  void aChangedModelHasAnotherFingerprint() throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    Path weights = Files.write(model.resolve("model.safetensors"), new byte[3 << 20]);
    List<RewardSpec> specs = List.of(new RewardSpec.Random(1, 17), new RewardSpec.Ensemble(1, EnsembleRule.MEAN, 1,
        List.of(new RewardSpec.Sequence(1, model, false, 100))));
    String before = RewardFiles.fingerprint(specs);
    assertThat(RewardFiles.models(specs)).containsExactly(model);

    // A copy of the same bytes is the same model.
    Files.setLastModifiedTime(weights, FileTime.fromMillis(5));
    assertThat(RewardFiles.fingerprint(specs)).isEqualTo(before);

    byte[] changed = new byte[3 << 20];
    changed[1_500_000] = 1;
    Files.write(weights, changed);
    assertThat(RewardFiles.fingerprint(specs)).isNotEqualTo(before);
    Files.write(weights, new byte[3 << 20]);
    assertThat(RewardFiles.fingerprint(specs)).isEqualTo(before);
    Files.writeString(model.resolve("config.json"), "{}");
    assertThat(RewardFiles.fingerprint(specs)).isNotEqualTo(before);
  }
}
