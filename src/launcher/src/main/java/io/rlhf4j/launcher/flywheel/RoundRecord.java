package io.rlhf4j.launcher.flywheel;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.stage.FileOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came out of a round; the last file that a round writes.
 *
 * @param round from 0
 * @param model directory of the round's model, relative to the flywheel's
 * @param reward directory of the reward model in force, likewise
 * @param base directory of the best model before this round, likewise; empty in round 0
 * @param kept whether the round's model is the best so far from now on
 * @param rule by which that was decided, in words
 * @param gain by how much the deciding score rose over the best model before, mean over the validation prompts
 * @param gainError standard error of that mean
 * @param validationGold mean score of the task's judge on the validation prompts; null without one
 * @param gold the same on the test prompts, as all that follows
 * @param score mean score of the round's reward model
 * @param baseScore the same for the answers of the best model before; null in round 0
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
public record RoundRecord(int round, String model, String reward, String base, boolean kept, String rule, double gain,
    double gainError, @Nullable Double validationGold, @Nullable Double gold, double score, @Nullable Double baseScore,
    int wins, int losses,
    double tokens, double kl, double finished, @Nullable Double bestOfK, @Nullable Double meanOfK, int imitated,
    int pairs, int labels) {

  static final String FILE = "round.json";

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
