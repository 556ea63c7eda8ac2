package io.rlhf4j.launcher.flywheel;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.stage.FileOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came out of a round; the last file that a round writes.
 *
 * @param round from 0
 * @param model directory of the round's model, relative to the flywheel's
 * @param reward directory of the reward model in force, likewise; empty if the flywheel trains none
 * @param base directory of the best model before this round, likewise; empty in round 0
 * @param kept whether the round's model is the best so far from now on
 * @param rule by which that was decided, in words
 * @param decidedBy what tells better from worse, here and in wins and losses: gold score, the judge's verdict or reward
 * @param gain by how much the deciding score rose over the best model before, mean over the validation prompts
 * @param gainError standard error of that mean
 * @param undecided validation prompts on which nothing could be said; they count as equal
 * @param validationGold mean score of the task's judge on the validation prompts; null without one
 * @param validationScore mean score there by what scores the round's answers; null if nothing scores an answer by
 *     itself
 * @param gold mean score of the task's judge on the test prompts, as all that follows; null without one
 * @param score mean score by what scores the round's answers; null if nothing scores an answer by itself
 * @param wins test prompts on which the round's answer is better than round 0's
 * @param losses test prompts on which it is worse
 * @param tokens mean length of an answer
 * @param kl mean KL of an answer to round 0's model, nats
 * @param finished share of the answers that end by themselves
 * @param bestOfK mean over the round's prompts of the highest reward of K answers; null in round 0
 * @param meanOfK mean of all rewards of these answers; null in round 0
 * @param imitated rows that the round's SFT learned from
 * @param pairs pairs that the round's DPO learned from
 * @param labels pairs that were labelled in this round
 */
public record RoundRecord(int round, String model, String reward, String base, boolean kept, String rule,
    String decidedBy, double gain, double gainError, int undecided, @Nullable Double validationGold,
    @Nullable Double validationScore, @Nullable Double gold, @Nullable Double score, int wins, int losses,
    double tokens, double kl, double finished, @Nullable Double bestOfK, @Nullable Double meanOfK, int imitated,
    int pairs, int labels) {

  static final String FILE = "round.json";

  public RoundRecord {
    // Records of before there was a choice.
    decidedBy = Objects.requireNonNullElse(decidedBy, gold == null ? "reward" : "gold score");
  }

  /** The record of a round's directory, if the round is over. */
  static Optional<RoundRecord> read(Path directory) {
    Path file = directory.resolve(FILE);
    try {
      return Files.exists(file) ? Optional.of(FileOutput.JSON.readValue(file.toFile(), RoundRecord.class))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": is not the record of a round: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }
}
