package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.data.Shard;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.score.ScoreJob;
import io.rlhf4j.telemetry.Progress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Scores a file of answers with a reward model.
 *
 * @param reward model directory
 * @param answers rows with prompt and responses
 */
public record ScoreFileJob(Path reward, Path answers) {

  private static final int WINDOW = 32;
  private static final int MAX_TOKENS = 16_384;

  /** Scores what is not scored yet. */
  public void run(Path target, Consumer<String> news) {
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("reward model", reward);
    inputs.put("answers", answers);
    Provenance provenance = Provenance.of("score", Version.number(), 0, Map.of(), inputs);
    if (provenance.isDone(target)) {
      return;
    }
    provenance.write(Provenance.besideFile(target));
    try (Rewards rewards = Rewards.open(List.of(new RewardSpec.Sequence(1, reward, false, MAX_TOKENS)))) {
      ScoreJob job = new ScoreJob(answers, target, FileOutput.line(provenance), Shard.ALL, WINDOW, false);
      long[] shown = {0};
      Progress[] progress = new Progress[1];
      ScoreJob.Result result = job.run(rewards, (done, total) -> {
        progress[0] = progress[0] == null ? Progress.start("score", total) : progress[0];
        progress[0].advance(done - shown[0], "");
        shown[0] = done;
      });
      if (progress[0] != null) {
        progress[0].close();
      }
      result.skipped().summary().ifPresent(news);
      news.accept(String.format(Locale.ROOT, "score: %d rows, mean reward %.3f", result.rows(),
          result.scores().getAverage()));
    }
  }
}
