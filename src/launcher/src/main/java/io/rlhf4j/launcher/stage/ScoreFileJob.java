package io.rlhf4j.launcher.stage;

import io.rlhf4j.data.Shard;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.score.ScoreJob;
import io.rlhf4j.telemetry.Progress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Scores a file of answers. The last row of every {@value #WINDOW} says what the rewards counted for these, if they
 * count anything.
 *
 * @param source what scores
 * @param answers rows with prompt and responses
 * @param tokenizer a model directory with the tokenizer of the answers
 */
public record ScoreFileJob(RewardSource source, Path answers, Path tokenizer) {

  private static final int WINDOW = 32;

  /** Scores what is not scored yet. */
  public void run(Path target, StageRoles roles, Consumer<String> news) {
    Map<String, String> settings = new LinkedHashMap<>();
    Map<String, Path> inputs = new LinkedHashMap<>();
    source.describe(settings, inputs);
    inputs.put("answers", answers);
    Provenance provenance = Provenance.of("score", Version.number(), 0, settings, inputs);
    if (provenance.isDone(target)) {
      return;
    }
    provenance.write(Provenance.besideFile(target));
    try (AnswersRole role = roles.rewards(source, tokenizer)) {
      ScoreJob job = new ScoreJob(answers, target, provenance.identity(), Shard.ALL, WINDOW, false);
      long[] shown = {0};
      Progress[] progress = new Progress[1];
      ScoreJob.Result result = job.run(groups -> {
        AnswersRole.Scored scored = role.scoreAnswers(groups);
        return new ScoreJob.Window(new Rewards.Details(scored.scores(), Map.of()), scored.counts());
      }, (done, total) -> {
        progress[0] = progress[0] == null ? Progress.start("score", total) : progress[0];
        progress[0].advance(done - shown[0], "");
        shown[0] = done;
      });
      if (progress[0] != null) {
        progress[0].close();
      }
      result.skipped().summary().ifPresent(news);
      result.counts().forEach((what, count) -> news.accept("score: " + what + ": " + count));
      if (result.unscored() > 0) {
        news.accept("score: " + result.unscored() + " answers got no score");
      }
      news.accept(String.format(Locale.ROOT, "score: %d rows, mean reward %.3f", result.rows(),
          result.scores().getAverage()));
    }
  }
}
